import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/adapters/argocd/kubernetes/objects.ts';
import type { Pod } from '../../../src/adapters/argocd/kubernetes/pod-objects.ts';
import {
  NAME,
  OLD_IMAGE,
  application,
  at,
  container,
  degraded,
  event,
  pod,
  running,
} from '../../support/observed-objects.ts';
import {
  NOT_FOUND,
  backOff,
  crashState,
  failed,
  judgePods,
  pulling,
  waiting,
} from '../../support/observed-troubles.ts';

describe('pods that do not speak of what is wanted', () => {
  const crashing = container({ restartCount: 9, state: backOff, lastState: crashState });
  const waits = waiting('Starting', `Waiting for Deployment ${NAME} to be healthy.`, at(5));

  it('are those of an earlier revision', () => {
    expect(judgePods([pod(crashing, { revision: '1' }), pod({ phase: 'Pending' })])).toEqual(waits);
    expect(judgePods([running({ revision: '1', image: OLD_IMAGE }), pod(crashing)])).toMatchObject({ step: 'failed' });
  });

  it('are those on their way out', () => {
    expect(judgePods([pod(crashing, { deletionTimestamp: at(60) })])).toEqual(waits);
  });

  it('are those of an older ReplicaSet, where none says its revision', () => {
    const old = pod(crashing, { name: 'web-6756df7f74-5zc5g', revision: null, createdAt: at(-900) });
    const now = pod({ phase: 'Pending' }, { name: 'web-7b45d896cb-rgg2n', revision: null });
    expect(judgePods([old, now])).toEqual(waits);
    expect(judgePods([old])).toMatchObject({ step: 'failed' });
  });

  it('are those of a Job, which tries again by itself', () => {
    const owner = { kind: 'Job', name: 'seed' };
    const ended = pod({ phase: 'Failed', ...container({ state: crashState }) }, { owner });
    const again = pod(crashing, { owner });
    expect(judgePods([ended, again])).toEqual(waits);
    expect(judgePods([pod(pulling(NOT_FOUND), { owner })])).toMatchObject({ diagnosis: { reason: 'ImagePullFailed' } });
  });
});

describe('pods that may not be made', () => {
  const QUOTA =
    'Error creating: pods "env-shop-75f977b46-nmj7v" is forbidden: exceeded quota: blueberry, requested: limits.memory=512Mi,requests.cpu=250m, used: limits.memory=3584Mi,requests.cpu=1800m, limited: limits.memory=4Gi,requests.cpu=2';
  const SECURITY =
    'Error creating: pods "web-6756df7f74-5zc5g" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "web" must set securityContext.allowPrivilegeEscalation=false), runAsNonRoot != true (pod or container "web" must set securityContext.runAsNonRoot=true)';
  const from = (kind: string, message: string, more: Partial<Event> = {}): Event =>
    event('FailedCreate', message, { involvedObject: { kind, name: 'web-6756df7f74', uid: 'uid-of-it' }, ...more });
  const quotaExceeded = failed(
    'QuotaExceeded',
    'The quota of its namespace is exceeded: limits.memory (512Mi asked for, 3584Mi of 4Gi used), requests.cpu (250m asked for, 1800m of 2 used)',
  );

  it.each([
    ['ReplicaSet', QUOTA],
    ['ReplicaSet', `(combined from similar events): ${QUOTA}`],
    ['Job', QUOTA],
    ['StatefulSet', QUOTA.replace('Error creating', 'Create Pod db-0 in StatefulSet db failed error')],
  ])('by quota, from the event of a %s', (kind, message) => {
    expect(judgePods([], { events: [from(kind, message)] })).toEqual(quotaExceeded);
  });

  it('by Pod Security', () => {
    expect(judgePods([], { events: [from('ReplicaSet', SECURITY)] })).toEqual(
      failed(
        'PodSecurityRefused',
        'Pod Security `restricted` refuses its pods: container "web" must set securityContext.allowPrivilegeEscalation=false; pod or container "web" must set securityContext.runAsNonRoot=true',
      ),
    );
  });

  it('still, after the progress deadline and another sync', () => {
    const later = application({
      ...degraded,
      operationState: { phase: 'Succeeded', startedAt: at(7), finishedAt: at(8) },
      reconciledAt: at(9),
    });
    expect(judgePods([], { application: later, events: [from('ReplicaSet', QUOTA)] })).toEqual(quotaExceeded);
  });

  it('is nothing that was told before the sync of what is wanted', () => {
    const before = from('ReplicaSet', QUOTA, { lastTimestamp: at(1) });
    expect(judgePods([], { events: [before] })).toMatchObject({ step: 'waiting' });
  });

  it('is nothing that was made since', () => {
    const owner = { kind: 'ReplicaSet', name: 'web-6756df7f74' };
    const made = pod({ phase: 'Pending' }, { owner, createdAt: at(6) });
    expect(judgePods([made], { events: [from('ReplicaSet', QUOTA)] })).toMatchObject({ step: 'waiting' });
  });

  it('is no matter of quota while pods on their way out still hold some of it', () => {
    const leaving = running({ revision: '1', deletionTimestamp: at(60) });
    expect(judgePods([leaving], { events: [from('ReplicaSet', QUOTA)] })).toMatchObject({ step: 'waiting' });
    expect(judgePods([leaving], { events: [from('ReplicaSet', SECURITY)] })).toMatchObject({ step: 'failed' });
  });
});

describe('what is settled', () => {
  const settled = (pods: readonly Pod[]) => judgePods(pods, { application: application() });

  it('runs the image that is pinned', () => {
    expect(settled([running()])).toEqual({ step: 'settled' });
    expect(settled([running({ revision: '1', image: OLD_IMAGE }), running({ name: 'x-1-a' })])).toEqual({
      step: 'settled',
    });
  });

  it('waits for a pod of the wanted revision', () => {
    const waits = waiting('Starting', 'Waiting for a pod that runs the wanted image.', at(5));
    expect(settled([])).toEqual(waits);
    expect(settled([running({ revision: '1' })])).toEqual(waits);
    expect(settled([running({ image: OLD_IMAGE })])).toEqual(waits);
    expect(settled([pod(container({}))])).toEqual(waits);
  });

  it('waits for the end of pods of the image before, where none says its revision', () => {
    const old = running({ revision: null, image: OLD_IMAGE, owner: { kind: 'StatefulSet', name: 'web' } });
    expect(settled([old, running({ revision: null })])).toEqual(
      waiting('Starting', 'Waiting for the pods of the image before to end.', at(5)),
    );
  });

  it('may run other images beside it', () => {
    const database = running({
      revision: null,
      image: 'docker.io/library/postgres:18',
      owner: { kind: 'StatefulSet', name: 'db' },
    });
    expect(settled([database, running()])).toEqual({ step: 'settled' });
  });
});
