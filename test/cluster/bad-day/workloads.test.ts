import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { startBadDay, type BadDay } from '../../support/bad-day.ts';
import { BAD_DAY } from '../../support/bad-day-sentences.ts';

const cluster = inject('cluster');
let day: BadDay;

beforeAll(async () => {
  day = await startBadDay(cluster);
});
afterAll(() => day.dispose());

/** Not long: what never gets there is not waited for. */
const hopeless = { progressDeadlineSeconds: 3 };

describe('what is wrong with pods is said at once, and goes on being said', () => {
  const cases: [keyof typeof BAD_DAY, string, JsonObject][] = [
    ['image deleted from the registry later', 'image-missing', {}],
    ['image pull forbidden on the node', 'pull-forbidden', {}],
    ['crash loop', 'crash-loop', {}],
    ['out of memory killed', 'out-of-memory', {}],
    ['readiness never passes, for nothing listens', 'not-listening', hopeless],
    ['readiness never passes, for it answers with an error', 'unhealthy', hopeless],
    ['command not in the image', 'missing-command', {}],
    ['Secret that is not there', 'web', { existingSecrets: ['stripe'] }],
    [
      'quota exceeded',
      'web',
      { replicas: 30, resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } } },
    ],
    ['no capacity (unschedulable)', 'web', { ...hopeless, nodeSelector: { 'cloud.google.com/gke-spot': 'true' } }],
  ];

  it.concurrent.each(cases)('%s', async (line, image, values) => {
    const wanted = day.workload(image, values);
    const { progress } = await day.untilRead(wanted, BAD_DAY[line]);
    for (let look = 0; look < 5; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect((await day.world.runtime.observe(wanted.key)).progress).toEqual(progress);
    }
    await day.untilGone(wanted);
  });
});
