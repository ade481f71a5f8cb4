import type { Application, ApplicationStatus } from '../../src/adapters/argocd/kubernetes/argocd-objects.ts';
import type { Event } from '../../src/adapters/argocd/kubernetes/objects.ts';
import type { ContainerStatus, Pod, PodStatus } from '../../src/adapters/argocd/kubernetes/pod-objects.ts';

// Objects as Argo CD 3.6 and Kubernetes 1.37 write them, with what tests look at.

/** When everything was put in place; `at` counts seconds from here. */
export const BEGIN = Date.parse('2026-11-26T01:23:40Z');
export const at = (seconds: number): string => new Date(BEGIN + seconds * 1000).toISOString().replace('.000Z', 'Z');

export const NAME = 'env-shop-x7k2pq';
export const DIGEST = `sha256:${'a'.repeat(64)}`;
export const IMAGE = `registry.example.com/acme/web@${DIGEST}`;
export const OLD_IMAGE = `registry.example.com/acme/web@sha256:${'b'.repeat(64)}`;
const REVISION = '62d30673db0f6bebc1a87a32b7e551853f15a252';

export const source = {
  repoURL: 'https://git.example/acme/charts.git',
  path: 'charts/workload',
  targetRevision: 'main',
  helm: { releaseName: NAME, values: '{"blueberry":{"revision":2}}' },
};
export const destination = { server: 'https://kubernetes.default.svc', namespace: NAME };

/** Synced, healthy, and held so; with what is given in place of that. */
export function application(status: ApplicationStatus = {}, more: Partial<Application> = {}): Application {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      name: NAME,
      namespace: 'argocd',
      uid: '24f23eeb-7256-4283-aa02-e2b7978d8d36',
      resourceVersion: '3242',
      creationTimestamp: at(0),
      annotations: { 'blueberry.dev/revision': '2', 'blueberry.dev/asleep': 'false', 'blueberry.dev/image': IMAGE },
    },
    spec: { project: 'blueberry-x', source, destination },
    status: {
      sync: { status: 'Synced', revision: REVISION, comparedTo: { source, destination } },
      health: { status: 'Healthy', lastTransitionTime: at(5) },
      operationState: {
        phase: 'Succeeded',
        message: 'successfully synced (all tasks run)',
        startedAt: at(2),
        finishedAt: at(4),
        syncResult: { revision: REVISION, source },
      },
      reconciledAt: at(5),
      resources: [{ kind: 'Service', name: NAME, status: 'Synced' }],
      ...status,
    },
    ...more,
  };
}

/** With these annotations beside those that it has. */
export function annotated(of: Application, annotations: Record<string, string>): Application {
  return { ...of, metadata: { ...of.metadata, annotations: { ...of.metadata.annotations, ...annotations } } };
}

/** Progressing, as a Deployment is while its pods are not ready. */
export const progressing: ApplicationStatus = {
  health: { status: 'Progressing', message: `Caused by apps/Deployment:${NAME}/${NAME}`, lastTransitionTime: at(5) },
};
/** After `progressDeadlineSeconds`. */
export const degraded: ApplicationStatus = {
  health: { status: 'Degraded', message: `Caused by apps/Deployment:${NAME}/${NAME}`, lastTransitionTime: at(25) },
};

export interface PodOptions {
  readonly name?: string;
  readonly revision?: string | null;
  readonly owner?: { readonly kind: string; readonly name: string };
  readonly createdAt?: string;
  readonly image?: string;
  readonly deletionTimestamp?: string;
  readonly isReady?: boolean;
}

/** A pod of the workload chart, by default of revision 2. */
export function pod(
  status: PodStatus,
  {
    name = `${NAME}-75797cdc54-fx5tz`,
    revision = '2',
    owner = { kind: 'ReplicaSet', name: name.replace(/-[^-]*$/, '') },
    createdAt = at(4),
    image = IMAGE,
    deletionTimestamp,
    isReady = false,
  }: PodOptions = {},
): Pod {
  const ready = {
    type: 'Ready',
    status: isReady ? ('True' as const) : ('False' as const),
    ...(isReady ? {} : { reason: 'ContainersNotReady', message: 'containers with unready status: [web]' }),
    lastTransitionTime: createdAt,
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: NAME,
      uid: `uid-of-${name}`,
      resourceVersion: '3300',
      creationTimestamp: createdAt,
      labels: revision === null ? {} : { 'blueberry.dev/revision': revision },
      ownerReferences: [{ apiVersion: 'apps/v1', uid: `uid-of-${owner.name}`, controller: true, ...owner }],
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    },
    spec: {
      nodeName: 'node-1',
      containers: [
        {
          name: 'web',
          image,
          resources: { limits: { memory: '512Mi' } },
          startupProbe: { httpGet: { path: '/healthz' } },
        },
      ],
    },
    status: { phase: 'Running', conditions: [ready], ...status },
  };
}

export function container(state: Partial<ContainerStatus>, image = IMAGE): PodStatus {
  const status: ContainerStatus = {
    name: 'web',
    ready: false,
    started: false,
    restartCount: 0,
    image,
    imageID: '',
    ...state,
  };
  return { containerStatuses: [status] };
}

export function running(options: PodOptions = {}): Pod {
  const image = options.image ?? IMAGE;
  const state = { ready: true, started: true, imageID: image, state: { running: { startedAt: at(4) } } };
  return pod(container(state, image), { isReady: true, ...options });
}

export function event(reason: string, message: string, more: Partial<Event> = {}): Event {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${NAME}.18ab`, uid: 'uid-of-event', resourceVersion: '3301', creationTimestamp: at(6) },
    type: 'Warning',
    reason,
    message,
    firstTimestamp: at(6),
    lastTimestamp: at(6),
    eventTime: null,
    involvedObject: { kind: 'Pod', name: `${NAME}-75797cdc54-fx5tz`, uid: `uid-of-${NAME}-75797cdc54-fx5tz` },
    ...more,
  };
}
