import { canonicalJson } from '../../../core/json.ts';
import type { ApplicationInput } from './application-input.ts';
import { applicationSchema, RESOURCES_FINALIZER, type RenderedApplication } from './application-schema.ts';
import { TemplateFailure } from './template-failure.ts';

/**
 * Takes what a template has rendered only where it is an Application, and the one that Blueberry decided on: no template
 * and no value can move an environment elsewhere, into another project, or out of reach of its removal.
 */
export function checkApplication(
  rendered: unknown,
  input: ApplicationInput,
  labels: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>>,
  values: string,
): RenderedApplication {
  const result = applicationSchema.safeParse(rendered);
  if (!result.success) {
    const told = result.error.issues.map(({ path, message }) => `${path.map(String).join('.') || 'it'}: ${message}`);
    throw new TemplateFailure(`The template does not render an Application: ${told.join('; ')}.`);
  }
  const application = result.data;
  const { metadata, spec } = application;
  must('metadata.name', metadata.name, input.name);
  must('metadata.namespace', metadata.namespace, input.argocdNamespace);
  must('spec.project', spec.project, input.project);
  must('spec.destination', spec.destination, { server: input.destinationServer, namespace: input.name });
  must('metadata.finalizers', metadata.finalizers, [RESOURCES_FINALIZER]);
  for (const [name, value] of Object.entries(labels)) must(`metadata.labels.${name}`, metadata.labels[name], value);
  for (const [name, value] of Object.entries(annotations))
    must(`metadata.annotations.${name}`, metadata.annotations[name], value);
  mustDeployChart(application, input, values);
  if (spec.syncPolicy?.syncOptions?.some((option) => /^CreateNamespace=true$/i.test(option.trim())))
    throw new TemplateFailure(
      "spec.syncPolicy.syncOptions must not hold CreateNamespace=true: the namespace is Blueberry's own.",
    );
  return application;
}

/** Exactly one source is the chart with the values; others may stand beside it, in `sources`. */
function mustDeployChart({ spec }: RenderedApplication, { chart, name }: ApplicationInput, values: string): void {
  const sources = spec.sources ?? (spec.source ? [spec.source] : []);
  if (spec.sources && spec.source) throw new TemplateFailure('spec must have either `source` or `sources`.');
  const charts = sources.filter(
    ({ repoURL, path, targetRevision }) =>
      repoURL === chart.repository && path === chart.path && targetRevision === chart.revision,
  );
  const [source] = charts;
  if (charts.length !== 1 || source === undefined)
    throw new TemplateFailure(
      'One source of spec must be the chart: `repoURL`, `path` and `targetRevision` from `chart.repository`, `chart.path` and `chart.revision`.',
    );
  must('the release name of the chart', source.helm?.releaseName, name);
  must('the values of the chart', source.helm?.values, values);
}

function must(what: string, is: unknown, expected: unknown): void {
  if (is !== undefined && canonicalJson(is) === canonicalJson(expected)) return;
  throw new TemplateFailure(`${what} must be ${JSON.stringify(expected)}, as Blueberry gives it to the template.`);
}
