import { describe, expect, it } from 'vitest';
import type { Application } from '../../../src/adapters/argocd/kubernetes/argocd-objects.ts';
import { createKeptApplications } from '../../../src/adapters/argocd/view/kept-application.ts';

const source = {
  repoURL: 'https://git.example/charts.git',
  path: 'charts/workload',
  helm: { values: '{"replicas":1}' },
};
const before = { ...source, helm: { values: '{"replicas":2}' } };

const keptApplication = createKeptApplications();

/** As the API server sends it: nothing in it is one object with anything else. */
const sent = (synced: object): Application =>
  JSON.parse(
    JSON.stringify({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'env-web', uid: 'u', resourceVersion: '7', managedFields: [{ manager: 'argocd' }] },
      spec: { project: 'p', source, destination: { namespace: 'env-web' }, syncPolicy: { syncOptions: ['A=true'] } },
      status: {
        sync: { status: 'Synced', comparedTo: { source, destination: { namespace: 'env-web' } } },
        history: [{ id: 1 }],
        summary: { images: ['nginx'] },
        operationState: { phase: 'Succeeded', operation: { sync: { source } }, syncResult: synced },
      },
    }),
  ) as Application;

describe('what is kept of an Application', () => {
  it('is all but what nobody reads', () => {
    const application = sent({ source: before });
    const { managedFields: _, ...metadata } = application.metadata as unknown as Record<string, unknown>;
    const { history: __, summary: ___, ...status } = application.status as unknown as Record<string, unknown>;
    expect(keptApplication(application)).toEqual({ ...application, metadata, status });
  });

  it('is one object for what is the same in many', () => {
    const [one, other] = [keptApplication(sent({ source })), keptApplication(sent({ source: before }))];
    expect(one.spec.syncPolicy).toBe(other.spec.syncPolicy);
  });

  it('is what became of each resource only where a sync has failed', () => {
    const resources = [{ kind: 'Service', name: 'web', message: 'serverside-applied' }];
    const succeeded = sent({ source, resources });
    const failed = {
      ...succeeded,
      status: { operationState: { ...succeeded.status?.operationState, phase: 'Failed' } },
    };
    expect(keptApplication(succeeded).status?.operationState?.syncResult).not.toHaveProperty('resources');
    expect(keptApplication(failed as Application).status?.operationState?.syncResult).toMatchObject({ resources });
  });

  it('has its source once, and another one that was synced as well', () => {
    const { spec, status } = keptApplication(sent({ source }));
    expect(status?.sync?.comparedTo?.source).toBe(spec.source);
    expect(status?.operationState?.operation?.sync?.source).toBe(spec.source);
    expect(status?.operationState?.syncResult?.source).toBe(spec.source);
    expect(keptApplication(sent({ source: before })).status?.operationState?.syncResult?.source).toEqual(before);
  });

  it('may be of one that nobody has looked at yet', () => {
    const { status: _, ...application } = sent({ source });
    expect('status' in keptApplication(application)).toBe(false);
  });
});
