import type { GuardrailSettings } from './objects/guardrails.ts';

export interface ArgocdSettings {
  /** Of several Blueberries in one cluster, which one this is. */
  readonly installation: string;
  /** Namespace of Argo CD: of its Applications and its projects. */
  readonly argocdNamespace: string;
  /** Namespace of Blueberry itself, where its Lease is. */
  readonly ownNamespace: string;
  /** The cluster that environments run in, as Argo CD knows it. */
  readonly destinationServer: string;
  /** Where the chart is that repositories without one of their own are deployed with. */
  readonly workloadChart: { readonly repository: string; readonly path: string; readonly revision: string };
  readonly guardrails: GuardrailSettings;
  /** `service` inside the cluster, `port-forward` outside of it. */
  readonly traffic: 'service' | 'port-forward';
  /** Host of an environment's URL, with its port where it has one, for the probe. */
  readonly hostOf: (name: string) => string;
  /** Folder that keeps the logs of what was removed. */
  readonly logFolder: string;
}
