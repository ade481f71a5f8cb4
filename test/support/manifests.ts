import { parseAllDocuments } from 'yaml';

/** An object of Kubernetes, as far as tests look at it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: Metadata & { name: string; namespace?: string };
  spec?: ManifestSpec;
  data?: Record<string, string>;
}

interface Metadata {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** Of a Deployment, a Job or a Service. */
interface ManifestSpec {
  replicas?: number;
  template?: PodTemplate;
  /** A Deployment has `matchLabels` in it, a Service the labels themselves. */
  selector?: Record<string, unknown>;
  ports?: { targetPort: string }[];
}

export interface PodTemplate {
  metadata: Metadata;
  spec: PodSpec;
}

interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  securityContext?: SecurityContext;
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  volumes?: ({ name: string } & Record<string, unknown>)[];
}

export interface Container {
  name: string;
  image: string;
  env?: { name: string; value?: string }[];
  envFrom?: { secretRef: { name: string } }[];
  ports?: { name: string; hostPort?: number }[];
  resources?: { requests: Resources; limits: Resources };
  securityContext?: SecurityContext;
  readinessProbe?: { httpGet?: { httpHeaders?: { name: string; value: string }[] } };
}

interface Resources {
  cpu: string;
  memory: string;
  'ephemeral-storage'?: string;
}

export interface SecurityContext {
  privileged?: boolean;
  allowPrivilegeEscalation?: boolean;
  capabilities?: { add?: string[]; drop?: string[] };
  runAsNonRoot?: boolean;
  runAsUser?: number;
  seccompProfile?: { type: string };
  seLinuxOptions?: unknown;
  appArmorProfile?: { type: string };
  procMount?: string;
  sysctls?: unknown[];
}

/** The objects of a text with many YAML documents. Throws on what YAML takes for an error, such as a key given twice. */
export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => {
      if (document.errors[0] !== undefined) throw document.errors[0];
      return document.toJS() as Manifest | null;
    })
    .filter((manifest) => manifest !== null);
}

/** The templates of the pods that the objects make. */
export function podTemplatesOf(manifests: readonly Manifest[]): PodTemplate[] {
  return manifests.map(({ spec }) => spec?.template).filter((template) => template !== undefined);
}

export function containersOf({ spec }: PodTemplate): Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}
