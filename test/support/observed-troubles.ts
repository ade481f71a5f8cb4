import { expect } from 'vitest';
import type {
  Application,
  ApplicationStatus,
  OperationState,
} from '../../src/adapters/argocd/kubernetes/argocd-objects.ts';
import type { Pod, PodStatus } from '../../src/adapters/argocd/kubernetes/pod-objects.ts';
import {
  judgeEnvironment,
  type JudgeInput,
  type Judgement,
} from '../../src/adapters/argocd/observation/judge-environment.ts';
import {
  application,
  at,
  BEGIN,
  container,
  destination,
  event,
  IMAGE,
  NAME,
  pod,
  progressing,
  source,
} from './observed-objects.ts';

// What Argo CD 3.6, Helm 4, the kubelet and containerd say when something is wrong, shortened; and how it is judged.

/** @param seconds after everything was put in place */
export function judge(of: Application, seconds = 40, more: Partial<JudgeInput> = {}): Judgement {
  return judgeEnvironment({ application: of, pods: null, events: [], now: BEGIN + seconds * 1000, ...more });
}

/** While the Deployment is not ready. */
export function judgePods(
  pods: readonly Pod[],
  { seconds = 40, ...more }: Partial<JudgeInput> & { seconds?: number } = {},
): Judgement {
  return judge(more.application ?? application(progressing), seconds, { pods, ...more });
}

export const waiting = (reason: string, message: string, since = at(4)): object => ({
  step: 'waiting',
  reason,
  message,
  since,
});
/** @param cause without its full stop; behind it is what to do next */
export const failed = (reason: string, cause: string): object => ({
  step: 'failed',
  diagnosis: { reason, message: expect.stringContaining(`${cause}. `) as string },
});

export const conditioned = (type: string, message: string, lastTransitionTime = at(3)): Application =>
  application({
    sync: { status: 'Unknown', comparedTo: { source, destination } },
    operationState: {
      phase: 'Succeeded',
      startedAt: at(-90),
      finishedAt: at(-80),
      syncResult: { source: { ...source, targetRevision: 'before' } },
    },
    conditions: [{ type, message, lastTransitionTime }],
  });
export const operation = (state: Partial<OperationState>): ApplicationStatus => ({
  sync: { status: 'OutOfSync', revision: '62d30673', comparedTo: { source, destination } },
  operationState: {
    phase: 'Failed',
    startedAt: at(2),
    finishedAt: at(20),
    syncResult: { revision: '62d30673', source },
    ...state,
  },
});
export const LOAD =
  'Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = ';
export const HELM = `${LOAD}failed to execute helm template command: failed running helm: \`helm template . --name-template ${NAME} --namespace ${NAME} --kube-version 1.37.2 --values /tmp/46329858-66dd <api versions removed> --include-crds\` failed exit status 1: Error: `;
export const DEBUG = '\n\nUse --debug flag to render out invalid YAML';

export const crashState = { terminated: { exitCode: 1, reason: 'Error', startedAt: at(8), finishedAt: at(9) } };
export const backOff = {
  waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s restarting failed container=web pod=…' },
};
export const startError = {
  terminated: {
    exitCode: 128,
    reason: 'StartError',
    message:
      'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "gunicorn": executable file not found in $PATH: unknown',
    startedAt: '1970-01-01T00:00:00Z',
    finishedAt: at(9),
  },
};
export const pulling = (message: string, reason = 'ErrImagePull') =>
  container({ state: { waiting: { reason, message } } });
export const NOT_FOUND = `rpc error: code = NotFound desc = failed to pull and unpack image "${IMAGE}": failed to resolve reference "${IMAGE}": ${IMAGE}: not found`;
export const FORBIDDEN = `failed to pull and unpack image "${IMAGE}": failed to resolve reference "${IMAGE}": failed to authorize: failed to fetch anonymous token: unexpected status: 403 Forbidden`;
export const unschedulable = (message: string): PodStatus => ({
  phase: 'Pending',
  conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime: at(4) }],
});
export const NO_CPU =
  '0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.';

export const unready = (restartCount = 0): Pod =>
  pod(container({ restartCount, state: { running: { startedAt: at(5) } } }));
export const killed = { terminated: { exitCode: 137, reason: 'Error', startedAt: at(25), finishedAt: at(30) } };
export const REFUSED_PORT = event(
  'Unhealthy',
  'Startup probe failed: Get "http://10.191.89.102:8080/healthz": dial tcp 10.191.89.102:8080: connect: connection refused',
);
export const STATUS_500 = event('Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 500');
export const TIMED_OUT = event(
  'Unhealthy',
  'Readiness probe failed: Get "http://10.191.89.102:8080/healthz": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
);
