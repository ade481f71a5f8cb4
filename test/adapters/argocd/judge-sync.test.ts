import { describe, expect, it } from 'vitest';
import type { OperationState } from '../../../src/adapters/argocd/kubernetes/argocd-objects.ts';
import type { Pod } from '../../../src/adapters/argocd/kubernetes/pod-objects.ts';
import { NAME, application, at, container, destination, pod, source } from '../../support/observed-objects.ts';
import { failed, judge, operation, waiting } from '../../support/observed-troubles.ts';

describe('a sync', () => {
  const syncFailed = (message: string, kind = 'Deployment', name = 'web') => ({
    revision: '62d30673',
    source,
    resources: [
      { group: '', kind: 'Service', namespace: NAME, name: 'web', status: 'Synced', hookPhase: 'Running' },
      { group: 'apps', kind, namespace: NAME, name, status: 'SyncFailed', hookPhase: 'Failed', message },
    ],
  });
  const cases: [string, Partial<OperationState>, string, string][] = [
    [
      'of an object that is not valid',
      {
        syncResult: syncFailed(
          'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
        ),
      },
      'SyncFailed',
      "Deployment web can't be put in place: spec.replicas: Invalid value: -1: must be greater than or equal to 0",
    ],
    [
      'of a field that there is not',
      {
        syncResult: syncFailed(
          `failed to create typed patch object (${NAME}/web; apps/v1, Kind=Deployment): .spec.nosuchfield: field not declared in schema`,
        ),
      },
      'SyncFailed',
      "Deployment web can't be put in place: .spec.nosuchfield: field not declared in schema",
    ],
    [
      'of a kind that there is not',
      {
        syncResult: syncFailed(
          'The Kubernetes API could not find example.com/Widget for requested resource env-nocrd/q. Make sure the "Widget" CRD is installed on the destination cluster.',
          'Widget',
          'q',
        ),
      },
      'SyncFailed',
      'Widget q can\'t be put in place: The Kubernetes API could not find example.com/Widget for requested resource env-nocrd/q. Make sure the "Widget" CRD is installed on the destination cluster',
    ],
    [
      'of a kind that its project does not allow',
      {
        syncResult: syncFailed('resource :ResourceQuota is not permitted in project blueberry-x', 'ResourceQuota', 'q'),
      },
      'NotPermitted',
      'The chart makes a ResourceQuota, which its AppProject does not allow',
    ],
    [
      'of a kind that belongs to the whole cluster',
      {
        syncResult: syncFailed(
          'resource rbac.authorization.k8s.io:ClusterRole is not permitted in project blueberry-x',
        ),
      },
      'NotPermitted',
      'The chart makes a ClusterRole, which its AppProject does not allow',
    ],
    [
      'into another namespace',
      { syncResult: syncFailed("namespace kube-system is not permitted in project 'blueberry-x'", 'ConfigMap', 'q') },
      'NotPermitted',
      "Its AppProject does not allow what the chart asks for: namespace kube-system is not permitted in project 'blueberry-x'",
    ],
    [
      'of more than the quota allows',
      {
        syncResult: syncFailed(
          'services "web" is forbidden: exceeded quota: blueberry, requested: services=1, used: services=5, limited: services=5',
          'Service',
        ),
      },
      'QuotaExceeded',
      'The quota of its namespace is exceeded: services (1 asked for, 5 of 5 used)',
    ],
    [
      'of a pod that Pod Security refuses',
      {
        syncResult: syncFailed(
          'pods "lone" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true (pod or container "web" must set securityContext.runAsNonRoot=true)',
          'Pod',
          'lone',
        ),
      },
      'PodSecurityRefused',
      'Pod Security `restricted` refuses its pods: pod or container "web" must set securityContext.runAsNonRoot=true',
    ],
    [
      "of what is another Application's",
      {
        message: `Shared resource found: ConfigMap/same is part of applications argocd/${NAME} and env-other (retried 2 times).`,
        syncResult: { source },
      },
      'SharedResource',
      'ConfigMap same is part of another Application already: env-other',
    ],
    [
      'that says nothing',
      {
        phase: 'Error',
        message: 'one or more synchronization tasks completed unsuccessfully (retried 5 times).',
        syncResult: { source },
      },
      'SyncFailed',
      'The sync failed, and Argo CD does not say why',
    ],
  ];

  it.each(cases)('%s has failed', (_, state, reason, told) => {
    expect(judge(application(operation(state)))).toEqual(failed(reason, told));
  });

  it.each(cases)('%s is tried again, and has not failed before that is over', (_, state, _reason, told) => {
    const message = `${state.message ?? 'one or more objects failed to apply'}. Retrying attempt #3 at 2026-11-26T01:24:12Z.`;
    const again: Partial<OperationState> = { ...state, phase: 'Running', retryCount: 3, message };
    expect(judge(application(operation(again)))).toEqual(waiting('Deploying', `${told}. Argo CD tries again.`, at(2)));
  });

  it('of an old commit is not of the one that is wanted', () => {
    const state = {
      ...operation({
        phase: 'Running',
        retryCount: 3,
        syncResult: {
          ...syncFailed('Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1'),
          revision: '80d44f9aaaa',
        },
      }),
    };
    expect(judge(application(state))).toEqual(
      waiting(
        'Deploying',
        "Deployment web can't be put in place: spec.replicas: Invalid value: -1. Argo CD still tries revision 80d44f9, and 62d3067 after it.",
        at(2),
      ),
    );
  });

  it('of another spec says nothing about this one', () => {
    const state = operation({ syncResult: { source: { ...source, targetRevision: 'before' } } });
    expect(judge(application(state))).toEqual(waiting('Deploying', 'Waiting for Argo CD to sync it.', at(5)));
  });

  it.each([
    [{ message: 'waiting for completion of hook batch/Job/migrate' }, 'Waiting for Job migrate to end.'],
    [
      { message: 'waiting for healthy state of batch/Job/env-shop-seed-7a760353' },
      'Waiting for Job env-shop-seed-7a760353 to end.',
    ],
    [
      { message: 'waiting for healthy state of apps/Deployment/postgres and 1 more resources' },
      'Waiting for Deployment postgres to be healthy.',
    ],
    [{ message: 'waiting for healthy state of /ConfigMap/ok' }, 'Waiting for ConfigMap ok to be healthy.'],
    [{ message: 'Retrying operation with latest revisions. Attempt #3', retryCount: 3 }, 'Argo CD is syncing it.'],
    [{ phase: 'Terminating' as const }, 'Waiting for Argo CD to end a sync.'],
  ])('goes on: %j', (state, message) => {
    const { finishedAt: _, ...begun } = operation({ phase: 'Running' }).operationState ?? {};
    const of = application({ operationState: { ...begun, ...state } as OperationState }, { operation: {} });
    expect(judge(of)).toEqual(waiting('Deploying', message, at(2)));
  });

  it('is asked for', () => {
    const of = application({}, { operation: { sync: {} } });
    expect(judge(of)).toEqual(waiting('Deploying', 'Waiting for Argo CD to begin to sync.', at(5)));
  });

  it('has succeeded, and Argo CD has not looked since', () => {
    const of = application({ reconciledAt: at(3) });
    expect(judge(of)).toEqual(waiting('Deploying', 'Waiting for Argo CD to look at what it has synced.', at(2)));
  });

  it('is due', () => {
    const resources = [
      { kind: 'Service', name: 'web', status: 'Synced' },
      { kind: 'Deployment', name: 'web', status: 'OutOfSync' },
    ];
    const of = application({ sync: { status: 'OutOfSync', comparedTo: { source, destination } }, resources });
    expect(judge(of)).toEqual(waiting('Deploying', 'Waiting for Argo CD to sync Deployment web.', at(5)));
  });
});

describe('a Job', () => {
  const migrate = { group: 'batch', kind: 'Job', namespace: NAME, name: 'migrate', status: 'Synced' };
  const hook = operation({
    message: 'one or more synchronization tasks completed unsuccessfully (retried 2 times).',
    syncResult: {
      source,
      resources: [
        {
          ...migrate,
          hookType: 'PreSync',
          hookPhase: 'Failed',
          message: 'Job has reached the specified backoff limit',
        },
      ],
    },
  });
  const ended = (name: string, exitCode: number, createdAt = at(3), reason = 'Error'): Pod =>
    pod(
      { phase: 'Failed', ...container({ state: { terminated: { exitCode, reason, finishedAt: at(9) } } }) },
      { name: `${name}-j58tq`, owner: { kind: 'Job', name }, revision: null, createdAt },
    );
  const lines = new Map([['web', 'no such table: users']]);

  it('that is a hook has failed', () => {
    expect(judge(application(hook))).toEqual(
      failed('HookFailed', 'PreSync hook Job migrate failed: Job has reached the specified backoff limit'),
    );
    expect(judge(application(hook), 40, { pods: [ended('migrate', 2)], lastLines: lines })).toEqual(
      failed('HookFailed', 'PreSync hook Job migrate failed with exit code 2: no such table: users'),
    );
    expect(
      judge(application(hook), 40, {
        pods: [ended('migrate', 1, at(3)), ended('migrate', 2, at(6)), ended('other', 3, at(9))],
      }),
    ).toEqual(failed('HookFailed', 'PreSync hook Job migrate failed with exit code 2'));
    expect(judge(application(hook), 40, { pods: [ended('migrate', 137, at(3), 'OOMKilled')] })).toEqual(
      failed(
        'HookFailed',
        'PreSync hook Job migrate failed: Container web took more memory than its limit of 512Mi and was killed',
      ),
    );
  });

  it('that is a hook is tried again', () => {
    const { operationState } = hook;
    const again = { ...operationState, phase: 'Running', retryCount: 1 } as OperationState;
    expect(judge(application({ ...hook, operationState: again }))).toEqual(
      waiting('Deploying', 'PreSync hook Job migrate failed. Argo CD tries again.', at(2)),
    );
  });

  it('that is none has failed, though the sync after it went well', () => {
    const message = `Caused by batch/Job:${NAME}/${NAME}-seed-fc243f3e`;
    const of = application({ health: { status: 'Degraded', message, lastTransitionTime: at(5) } });
    const told = `Job ${NAME}-seed-fc243f3e failed with exit code 1: no such table: users`;
    expect(judge(of, 40, { pods: [ended(`${NAME}-seed-fc243f3e`, 1)], lastLines: lines })).toEqual(
      failed('HookFailed', told),
    );
    expect(judge(of)).toEqual(failed('HookFailed', `Job ${NAME}-seed-fc243f3e failed`));
  });
});
