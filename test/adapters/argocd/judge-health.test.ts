import { describe, expect, it } from 'vitest';
import type { Application, ApplicationStatus } from '../../../src/adapters/argocd/kubernetes/argocd-objects.ts';
import { needsPods } from '../../../src/adapters/argocd/observation/judge-environment.ts';
import {
  BEGIN,
  NAME,
  annotated,
  application,
  at,
  degraded,
  destination,
  pod,
  progressing,
  running,
  source,
} from '../../support/observed-objects.ts';
import { LOAD, conditioned, failed, judge, operation, waiting } from '../../support/observed-troubles.ts';

describe('health', () => {
  const health = (status: 'Suspended' | 'Missing' | 'Unknown' | 'Healthy', lastTransitionTime = at(5)): Application =>
    application({ health: { status, lastTransitionTime } });

  it('holds for two seconds before it counts, after the sync too', () => {
    expect(judge(application(), 6)).toEqual(
      waiting('Starting', 'Healthy; Blueberry makes sure that it stays so.', at(5)),
    );
    expect(judge(application(), 7)).toEqual({ step: 'settled' });
    expect(judge(health('Healthy', at(-900)), 5)).toMatchObject({ step: 'waiting' });
    expect(judge(health('Healthy', at(-900)), 6)).toEqual({ step: 'settled' });
  });

  it('needs no sync where everything was there already', () => {
    const { operationState: _, ...status } = application().status ?? {};
    expect(judge({ ...application(), status })).toEqual({ step: 'settled' });
  });

  it('is waited for', () => {
    expect(judge(application(progressing))).toEqual(
      waiting('Starting', `Waiting for Deployment ${NAME} to be healthy.`, at(5)),
    );
    expect(judge(health('Missing'))).toEqual(waiting('Starting', 'Waiting for it to be healthy.', at(5)));
    expect(judge(health('Suspended'))).toEqual(waiting('Starting', 'Something in it is suspended.', at(5)));
  });

  it('may be degraded for ten seconds', () => {
    expect(judge(application(degraded), 34)).toEqual(
      waiting('Starting', `Deployment ${NAME} is degraded for now.`, at(25)),
    );
    expect(judge(application(degraded), 35)).toEqual(failed('Degraded', `Argo CD calls Deployment ${NAME} degraded`));
  });
});

describe('what Argo CD has not taken up', () => {
  const withSpec = (spec: Partial<Application['spec']>): Application => {
    const of = application();
    return { ...of, spec: { ...of.spec, ...spec } };
  };

  it.each([
    ['values', { source: { ...source, helm: { ...source.helm, values: '{"blueberry":{"revision":3}}' } } }],
    ['commit', { source: { ...source, targetRevision: 'other' } }],
    ['namespace', { destination: { ...destination, namespace: 'env-other' } }],
  ])('other %s than it has compared with', (_, spec) => {
    expect(judge(withSpec(spec))).toEqual(waiting('Deploying', 'Waiting for Argo CD to take it up.', at(5)));
  });

  it('is not what it writes otherwise only', () => {
    const comparedTo = { source: { ...source, ref: '', helm: { ...source.helm, parameters: [] } }, destination };
    expect(judge(application({ sync: { status: 'Synced', comparedTo } }))).toEqual({ step: 'settled' });
  });

  it('an Application that was just made', () => {
    const { status: _, ...made } = application();
    expect(judge(made)).toEqual(waiting('Deploying', 'Waiting for Argo CD to take it up.', at(0)));
  });

  it('is compared in all sources', () => {
    const sources = [source, { repoURL: 'https://git.example/acme/more.git', path: 'extras', targetRevision: 'main' }];
    const { source: _, ...spec } = application().spec;
    const compared = (of: typeof sources) =>
      application(
        {
          sync: { status: 'Synced', comparedTo: { sources: of, destination } },
          operationState: { phase: 'Succeeded', startedAt: at(2), finishedAt: at(4), syncResult: { sources } },
        },
        { spec: { ...spec, sources } },
      );
    expect(judge(compared(sources))).toEqual({ step: 'settled' });
    expect(judge(compared([source]))).toMatchObject({ step: 'waiting' });
  });
});

it('waits while it is removed', () => {
  const of = application();
  const leaving = { ...of, metadata: { ...of.metadata, deletionTimestamp: at(30) } };
  expect(judge(leaving)).toEqual(waiting('Removing', 'Being removed.', at(30)));
});

describe('what is to sleep', () => {
  const asleep = (status: ApplicationStatus = {}): Application =>
    annotated(application(status), { 'blueberry.dev/asleep': 'true' });

  it('sleeps once no pod is left', () => {
    expect(judge(asleep(), 40, { pods: [running()] })).toEqual(
      waiting('FallingAsleep', 'Waiting for its pods to end.', at(5)),
    );
    expect(judge(asleep(), 40, { pods: [running({ deletionTimestamp: at(60) })] })).toMatchObject({ step: 'waiting' });
    expect(judge(asleep(), 40, { pods: [] })).toEqual({ step: 'asleep' });
    expect(judge(asleep(), 40, { pods: [pod({ phase: 'Succeeded' })] })).toEqual({ step: 'asleep' });
    expect(judge(asleep())).toEqual({ step: 'asleep' });
  });

  it('is on its way while Argo CD is', () => {
    expect(judge(asleep(progressing))).toEqual(
      waiting('FallingAsleep', `Waiting for Deployment ${NAME} to be healthy.`, at(5)),
    );
  });

  it('fails where its chart does', () => {
    const { status } = conditioned('ComparisonError', `${LOAD}charts/workload: app path does not exist`);
    expect(judge(asleep(status))).toMatchObject({ step: 'failed', diagnosis: { reason: 'ChartMissing' } });
  });
});

it('asks for pods unless the Application alone tells that all is well', () => {
  const now = BEGIN + 40_000;
  expect(needsPods(application(), now)).toBe(false);
  expect(needsPods(application(), BEGIN + 6_000)).toBe(true);
  expect(needsPods(application(progressing), now)).toBe(true);
  expect(needsPods(application(degraded), now)).toBe(true);
  expect(needsPods(application(operation({})), now)).toBe(true);
  expect(needsPods(annotated(application(), { 'blueberry.dev/asleep': 'true' }), now)).toBe(true);
});
