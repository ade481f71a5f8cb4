import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/adapters/argocd/kubernetes/objects.ts';
import { application, at, container, degraded, event, pod } from '../../support/observed-objects.ts';
import {
  NO_CPU,
  REFUSED_PORT,
  STATUS_500,
  TIMED_OUT,
  failed,
  judgePods,
  killed,
  unready,
  unschedulable,
} from '../../support/observed-troubles.ts';

describe('what does not pass its probe fails', () => {
  const all: [string, Event, string, string][] = [
    ['a port', REFUSED_PORT, 'PortNeverOpened', 'Container web runs, but nothing listens on its port 8080'],
    ['a status', STATUS_500, 'HealthCheckFailed', 'Container web listens, but /healthz answers 500'],
    ['no answer', TIMED_OUT, 'HealthCheckFailed', 'Container web does not answer its probe in time'],
    [
      'a command',
      event('Unhealthy', 'Readiness probe failed: psql: could not connect to 10.1.2.3:5432'),
      'HealthCheckFailed',
      'Container web does not pass its probe: psql: could not connect to',
    ],
  ];

  it.each(all)('by %s, once the progress deadline has passed', (_, told, reason, message) => {
    const given = { application: application(degraded), events: [told] };
    expect(judgePods([unready()], given)).toEqual(failed(reason, message));
  });

  it.each(all)('by %s, after five minutes where there is no such deadline', (_, told, reason, message) => {
    expect(judgePods([unready()], { events: [told], seconds: 303 })).toMatchObject({ step: 'waiting' });
    expect(judgePods([unready()], { events: [told], seconds: 304 })).toEqual(failed(reason, message));
  });

  it.each(all)('by %s, and not as a crash when it was restarted for it', (_, told, reason, message) => {
    const restarted = pod(container({ restartCount: 3, state: { running: { startedAt: at(35) } }, lastState: killed }));
    expect(judgePods([restarted], { events: [told] })).toEqual(failed(reason, message));
  });

  it('by the newest of what was told', () => {
    const later = { ...STATUS_500, lastTimestamp: at(9) };
    const given = { application: application(degraded), events: [later, REFUSED_PORT] };
    expect(judgePods([unready()], given)).toMatchObject({ diagnosis: { reason: 'HealthCheckFailed' } });
  });

  it('of the pod itself, and of no other', () => {
    const other = { ...REFUSED_PORT, involvedObject: { kind: 'Pod', uid: 'uid-of-another' } };
    const given = { application: application(degraded), events: [other] };
    expect(judgePods([unready()], given)).toMatchObject({ diagnosis: { reason: 'Degraded' } });
  });
});

describe('a node', () => {
  it.each([
    [NO_CPU, 'Insufficient cpu'],
    [
      "0/9 nodes are available: 3 Insufficient memory, 6 node(s) didn't match Pod's node affinity/selector. preemption: 0/9 nodes are available: 9 Preemption is not helpful for scheduling.",
      "Insufficient memory, node(s) didn't match Pod's node affinity/selector",
    ],
    [
      '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found',
      'pod has unbound immediate PersistentVolumeClaims. not found',
    ],
  ])('is missing after three minutes: %s', (message, told) => {
    expect(judgePods([pod(unschedulable(message))], { seconds: 183 })).toMatchObject({ step: 'waiting' });
    expect(judgePods([pod(unschedulable(message))], { seconds: 184 })).toEqual(
      failed('NoCapacity', `No node of the cluster takes its pod: ${told}`),
    );
  });

  it('is missing once the progress deadline has passed', () => {
    expect(judgePods([pod(unschedulable(NO_CPU))], { application: application(degraded) })).toEqual(
      failed('NoCapacity', 'No node of the cluster takes its pod: Insufficient cpu'),
    );
  });
});
