import { z } from 'zod';

/** The finalizer by which Argo CD removes what an Application has deployed before the Application itself is gone. */
export const RESOURCES_FINALIZER = 'resources-finalizer.argocd.argoproj.io';

const texts = z.record(z.string(), z.string());

const helm = z.looseObject({
  releaseName: z.string().optional(),
  values: z.string().optional(),
  valuesObject: z.undefined({ error: 'loses null: leave the values in `values`' }).optional(),
  parameters: z.undefined({ error: 'would win over the values that Blueberry merged and shows' }).optional(),
});

const source = z.looseObject({
  repoURL: z.string().min(1),
  path: z.string().optional(),
  chart: z.string().optional(),
  targetRevision: z.string().optional(),
  ref: z.string().optional(),
  helm: helm.optional(),
});

/** What an Application of ours has to look like; the fields follow Argo CD's own definition (v1alpha1). */
export const applicationSchema = z.strictObject({
  apiVersion: z.literal('argoproj.io/v1alpha1'),
  kind: z.literal('Application'),
  metadata: z.strictObject({
    name: z.string(),
    namespace: z.string(),
    labels: texts.default({}),
    annotations: texts.default({}),
    finalizers: z.array(z.string()).default([]),
  }),
  spec: z.strictObject({
    project: z.string(),
    source: source.optional(),
    sources: z.array(source).optional(),
    destination: z.strictObject({
      server: z.string().optional(),
      name: z.string().optional(),
      namespace: z.string(),
    }),
    syncPolicy: z
      .looseObject({
        syncOptions: z.array(z.string()).optional(),
        managedNamespaceMetadata: z.undefined({ error: "the namespace is Blueberry's own: leave it out" }).optional(),
      })
      .optional(),
    ignoreDifferences: z.array(z.looseObject({ kind: z.string() })).optional(),
    info: z.array(z.strictObject({ name: z.string(), value: z.string() })).optional(),
    revisionHistoryLimit: z.int().min(0).optional(),
  }),
});

export type RenderedApplication = z.output<typeof applicationSchema>;
