import { expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { image, templateWorkload } from '../support/workload-chart.ts';

const postgres = (values: JsonObject): JsonObject => ({ image, postgres: { enabled: true, ...values } });

/** Values, and what Helm says of them: it is what a user reads when an environment does not render. */
const refusals: [JsonObject, string][] = [
  [{ image, ingress: { enabled: true } }, "at '': additional properties 'ingress' not allowed"],
  [{ image, replica: 2 }, "at '': additional properties 'replica' not allowed"],
  [postgres({ password: 'mine' }), "at '/postgres': additional properties 'password' not allowed"],
  [{ image: 'ghcr.io/acme/web:1.4' }, "at '/image': got string, want object"],
  [{ image: { repository: 'ghcr.io/acme/web:1.4' } }, "at '/image/repository': 'ghcr.io/acme/web:1.4' does not match"],
  [{ image: { ...image, tag: 18 } }, "at '/image/tag': got number, want string"],
  [{ image: { ...image, digest: 'sha256:abc' } }, "at '/image/digest': 'sha256:abc' does not match pattern"],
  [{ image, env: { WORKERS: 4 } }, "at '/env/WORKERS': got number, want null or string"],
  [{ image, env: { DEBUG: true } }, "at '/env/DEBUG': got boolean, want null or string"],
  [{ image, env: { TOKEN: { valueFrom: {} } } }, "at '/env/TOKEN': got object, want null or string"],
  [{ image, env: [{ name: 'A', value: 'a' }] }, "at '/env': got array, want object"],
  [{ image, env: { 'not-a-name': '' } }, "at '/env': additional properties 'not-a-name' not allowed"],
  [{ image, command: 'npm start' }, "at '/command': got string, want array"],
  [{ image, port: 70_000 }, "at '/port': maximum: got 70,000, want 65,535"],
  [{ image, replicas: 0 }, "at '/replicas': minimum: got 0, want 1"],
  [{ image, replicas: '2' }, "at '/replicas': got string, want integer"],
  [{ image, asleep: 'yes' }, "at '/asleep': got string, want boolean"],
  [{ image, imagePullSecrets: ['registry'] }, "at '/imagePullSecrets/0': got string, want object"],
  [{ image, existingSecrets: ['No name'] }, "at '/existingSecrets/0': 'No name' does not match pattern"],
  [{ image, securityContext: { runAsUser: 0 } }, "at '/securityContext/runAsUser': minimum: got 0, want 1"],
  [{ image, securityContext: { privileged: true } }, "additional properties 'privileged' not allowed"],
  [{ image, writablePaths: ['/'] }, "at '/writablePaths/0': '/' does not match pattern"],
  [{ image, probe: { path: 'healthz' } }, "at '/probe/path': 'healthz' does not match pattern"],
  [{ image, resources: { memory: '1Gi' } }, "at '/resources': additional properties 'memory' not allowed"],
  [
    { image, resources: { limits: { memory: '1 GB' } } },
    "at '/resources/limits/memory': '1 GB' does not match pattern",
  ],
  [postgres({ database: 'my-app' }), "at '/postgres/database': 'my-app' does not match pattern"],
  [postgres({ settings: { fsync: false } }), "at '/postgres/settings/fsync': got boolean, want null or string"],
  [{ image, blueberry: { url: 'pr-42' } }, "at '/blueberry/url': 'pr-42' does not match pattern"],
  [{}, 'image.repository is needed: the image to run, without its tag'],
  [{ image: null }, 'image.repository is needed: the image to run, without its tag'],
  [{ image: { ...image, tag: null } }, 'image.digest or image.tag is needed: which image of ghcr.io/acme/web to run'],
  [postgres({ image: null }), 'postgres.image is needed: the image of the database'],
  [{ image, seed: { enabled: true } }, 'seed.command is needed: without one the seed would start the workload itself'],
  [{ image, preStopSleepSeconds: 60 }, 'preStopSleepSeconds (60) must be within terminationGracePeriodSeconds (30)'],
];

it.each(refusals)('refuses %j', async (values, message) => {
  expect(await templateWorkload(values)).toEqual({ ok: false, message: expect.stringContaining(message) });
});

it('names every fault at once', async () => {
  const answer = await templateWorkload({ image, replicas: 0, port: 'http' });
  expect(answer).toMatchObject({ message: expect.stringContaining("at '/replicas'") });
  expect(answer).toMatchObject({ message: expect.stringContaining("at '/port'") });
});
