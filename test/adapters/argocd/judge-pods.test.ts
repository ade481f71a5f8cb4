import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/adapters/argocd/kubernetes/objects.ts';
import type { Pod, PodStatus } from '../../../src/adapters/argocd/kubernetes/pod-objects.ts';
import { IMAGE, NAME, at, container, event, pod } from '../../support/observed-objects.ts';
import {
  FORBIDDEN,
  NOT_FOUND,
  NO_CPU,
  REFUSED_PORT,
  STATUS_500,
  backOff,
  crashState,
  failed,
  judgePods,
  killed,
  pulling,
  startError,
  unready,
  unschedulable,
  waiting,
} from '../../support/observed-troubles.ts';

describe('a pod that fails is diagnosed at once', () => {
  const cases: [string, PodStatus, string, string][] = [
    [
      'a crash loop',
      container({ restartCount: 3, state: backOff, lastState: crashState }),
      'Crashed',
      'Container web crashes with exit code 1: Error: DATABASE_URL is not set',
    ],
    [
      'a crash loop while the container runs again',
      container({ restartCount: 3, state: { running: { startedAt: at(35) } }, lastState: crashState }),
      'Crashed',
      'Container web crashes with exit code 1: Error: DATABASE_URL is not set',
    ],
    [
      'a crash loop, an hour later',
      container({ restartCount: 40, state: backOff, lastState: crashState }),
      'Crashed',
      'Container web crashes with exit code 1: Error: DATABASE_URL is not set',
    ],
    [
      'a server that ends without an error',
      container({
        restartCount: 4,
        state: backOff,
        lastState: { terminated: { exitCode: 0, reason: 'Completed', finishedAt: at(9) } },
      }),
      'Crashed',
      'Container web crashes with exit code 0: Error: DATABASE_URL is not set',
    ],
    [
      'too little memory',
      container({
        restartCount: 3,
        state: backOff,
        lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: at(9) } },
      }),
      'OutOfMemory',
      'Container web took more memory than its limit of 512Mi and was killed',
    ],
    [
      'a command that is not there',
      container({
        restartCount: 0,
        state: { waiting: { reason: 'RunContainerError', message: startError.terminated.message } },
      }),
      'CommandNotFound',
      'The command `gunicorn` of container web was not found in its image',
    ],
    [
      'a command that is not there, between two attempts',
      container({ restartCount: 5, state: backOff, lastState: startError }),
      'CommandNotFound',
      'The command `gunicorn` of container web was not found in its image',
    ],
    [
      'a Secret that is not there',
      container({ state: { waiting: { reason: 'CreateContainerConfigError', message: 'secret "shop" not found' } } }),
      'ContainerRefused',
      'Container web can\'t be started: secret "shop" not found',
    ],
    [
      'an image that is gone',
      { phase: 'Pending', ...pulling(NOT_FOUND) },
      'ImagePullFailed',
      `The cluster can't pull the image ${IMAGE}: there is no such image`,
    ],
    [
      'an image that is gone, between two attempts',
      {
        phase: 'Pending',
        ...pulling(`Back-off pulling image "${IMAGE}": ErrImagePull: ${NOT_FOUND}`, 'ImagePullBackOff'),
      },
      'ImagePullFailed',
      `The cluster can't pull the image ${IMAGE}: there is no such image`,
    ],
    [
      'an image that the node may not pull',
      { phase: 'Pending', ...pulling(FORBIDDEN) },
      'ImagePullRefused',
      `The cluster can't pull the image ${IMAGE}: the registry refuses it to the nodes`,
    ],
  ];
  const lastLines = new Map([['web', '2026-11-26T01:23:49.123Z Error: DATABASE_URL is not set']]);

  it.each(cases)('%s', (_, status, reason, message) => {
    expect(judgePods([pod(status)], { lastLines })).toEqual(failed(reason, message));
  });

  it('with the reason of a pull that only events tell', () => {
    const status = pulling(`Back-off pulling image "${IMAGE}"`, 'ImagePullBackOff');
    const events = [event('Failed', `Failed to pull image "${IMAGE}": ${FORBIDDEN}`)];
    expect(judgePods([pod(status)], { events })).toEqual(
      failed('ImagePullRefused', `The cluster can't pull the image ${IMAGE}: the registry refuses it to the nodes`),
    );
  });

  it('with what has failed before what may still become well', () => {
    const restarting = pod(container({ state: crashState }), { name: 'web-75797cdc54-b' });
    const unready = pod(container({ restartCount: 3, state: backOff, lastState: killed }), {
      name: 'web-75797cdc54-c',
    });
    const events = [{ ...REFUSED_PORT, involvedObject: { kind: 'Pod', uid: unready.metadata.uid } }];
    expect(judgePods([restarting, unready], { events })).toMatchObject({ diagnosis: { reason: 'PortNeverOpened' } });
  });

  it('with the cause before what follows from it', () => {
    const database = pod(pulling(NOT_FOUND), { name: `${NAME}-postgres-5f9cb-x1`, revision: null });
    const web = pod(container({ restartCount: 9, state: backOff, lastState: crashState }));
    expect(judgePods([web, database])).toMatchObject({ diagnosis: { reason: 'ImagePullFailed' } });
  });
});

describe('what may still become well is waited for, with what is wrong', () => {
  const cases: [string, Pod, readonly Event[], number, ReturnType<typeof waiting>][] = [
    [
      'the first crash',
      pod(container({ restartCount: 0, state: crashState })),
      [],
      10,
      waiting('Restarting', 'Container web crashes with exit code 1.'),
    ],
    [
      'the second crash',
      pod(container({ restartCount: 2, state: { running: { startedAt: at(9) } }, lastState: crashState })),
      [],
      10,
      waiting('Restarting', 'Container web crashes with exit code 1.'),
    ],
    [
      'an image in the first seconds',
      pod(pulling(NOT_FOUND)),
      [],
      8,
      waiting('Starting', `The cluster can't pull the image ${IMAGE}: there is no such image.`),
    ],
    [
      'a registry that does not answer, for half a minute',
      pod(
        pulling(
          `failed to pull and unpack image "${IMAGE}": failed to do request: Head "https://registry.example.com/v2/": dial tcp: i/o timeout`,
        ),
      ),
      [],
      34,
      waiting(
        'Starting',
        `The cluster can't pull the image ${IMAGE}: Head "https://registry.example.com/v2/": dial tcp: i/o timeout.`,
      ),
    ],
    [
      'a node',
      pod(unschedulable(NO_CPU)),
      [],
      100,
      waiting('Starting', 'No node of the cluster takes its pod: Insufficient cpu.'),
    ],
    [
      'a port',
      unready(),
      [REFUSED_PORT],
      100,
      waiting('Starting', 'Container web runs, but nothing listens on its port 8080.'),
    ],
    [
      'a healthy answer',
      unready(),
      [STATUS_500],
      100,
      waiting('Starting', 'Container web listens, but /healthz answers 500.'),
    ],
    [
      'a volume',
      pod({ phase: 'Pending' }),
      [event('FailedMount', 'MountVolume.SetUp failed for volume "config" : configmap "shop" not found')],
      100,
      waiting(
        'Starting',
        'A pod can\'t be made ready on its node: MountVolume.SetUp failed for volume "config" : configmap "shop" not found.',
      ),
    ],
  ];

  it.each(cases)('%s', (_, one, events, seconds, expected) => {
    expect(judgePods([one], { events, seconds })).toEqual(expected);
  });

  it('says nothing of what is done before the start', () => {
    const done = { terminated: { exitCode: 0, reason: 'Completed', finishedAt: at(6) } };
    const [init] = container({ state: done }).containerStatuses ?? [];
    const { containerStatuses = [] } = container({ state: { waiting: { reason: 'PodInitializing' } } });
    const starting = pod({ phase: 'Pending', initContainerStatuses: init ? [init] : [], containerStatuses });
    expect(judgePods([starting])).toEqual(waiting('Starting', `Waiting for Deployment ${NAME} to be healthy.`, at(5)));
  });

  it('says what Argo CD says where pods only start', () => {
    const starting = pod({ phase: 'Pending', ...container({ state: { waiting: { reason: 'ContainerCreating' } } }) });
    expect(judgePods([starting])).toEqual(waiting('Starting', `Waiting for Deployment ${NAME} to be healthy.`, at(5)));
  });
});
