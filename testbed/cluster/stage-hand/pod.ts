import type { ObjectMeta } from '../kubernetes-client.ts';

/** What is read here of a Pod. */
export interface Pod {
  metadata: ObjectMeta & { namespace: string; uid: string };
  spec: {
    nodeName?: string;
    restartPolicy?: 'Always' | 'OnFailure' | 'Never';
    terminationGracePeriodSeconds?: number;
    containers: Container[];
    initContainers?: Container[];
  };
  status?: { phase?: string; podIP?: string; startTime?: string };
}

export interface Container {
  name: string;
  image: string;
  imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  command?: string[];
  ports?: { name?: string; containerPort: number }[];
  /** `Always` makes an init container a sidecar. */
  restartPolicy?: 'Always';
  env?: EnvironmentVariable[];
  envFrom?: EnvironmentSource[];
  lifecycle?: { preStop?: { sleep?: { seconds: number } } };
  startupProbe?: Probe;
  readinessProbe?: Probe;
}

export interface Probe {
  periodSeconds?: number;
  failureThreshold?: number;
  httpGet?: { path?: string; port: number | string };
  tcpSocket?: { port: number | string };
}

export interface EnvironmentVariable {
  name: string;
  value?: string;
  valueFrom?: {
    secretKeyRef?: KeyReference;
    configMapKeyRef?: KeyReference;
    fieldRef?: { fieldPath: string };
  };
}

export interface EnvironmentSource {
  prefix?: string;
  secretRef?: { name: string; optional?: boolean };
  configMapRef?: { name: string; optional?: boolean };
}

interface KeyReference {
  name: string;
  key: string;
  optional?: boolean;
}

export type ContainerState =
  { waiting: { reason: string; message?: string } } | { running: { startedAt: string } } | { terminated: Termination };

export interface Termination {
  exitCode: number;
  reason: string;
  message?: string;
  startedAt: string;
  finishedAt: string;
}

export interface ContainerStatus {
  name: string;
  image: string;
  imageID: string;
  containerID?: string;
  ready: boolean;
  started: boolean;
  restartCount: number;
  state: ContainerState;
  lastState?: { terminated: Termination };
}
