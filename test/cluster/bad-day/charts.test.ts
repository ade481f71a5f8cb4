import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, inject, it } from 'vitest';
import {
  componentIn,
  configMap,
  deployment,
  job,
  namespaceOf,
  startBadDay,
  type BadDay,
} from '../../support/bad-day.ts';
import { BAD_DAY } from '../../support/bad-day-sentences.ts';

const cluster = inject('cluster');
let day: BadDay;
let locked: Server;

beforeAll(async () => {
  locked = createServer((_, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end());
  await once(locked.listen(0, '127.0.0.1'), 'listening');
  // As a rule it tries six times, with pauses of 2 to 32 s.
  day = await startBadDay(cluster, { syncRetries: 1 });
});
afterAll(async () => {
  locked.close();
  await day.dispose();
});

describe.concurrent('a chart that can not be deployed', () => {
  it('does not render', async () => {
    const { wanted } = await day.ownChart({ 'web.yaml': 'replicas: {{ .Values.web.replicas }}\n' });
    await day.untilRead(wanted, BAD_DAY['chart does not render']);
  });

  it('refuses the values by its schema', async () => {
    const schema = { type: 'object', required: ['host'], properties: { port: { type: 'integer' } } };
    const { wanted } = await day.ownChart(
      { 'web.yaml': configMap('web') },
      { files: { 'chart/values.schema.json': JSON.stringify(schema) }, values: { port: 'http' } },
    );
    await day.untilRead(wanted, BAD_DAY["values refused by the chart's schema"]);
  });

  it('is not where it is said to be', async () => {
    const { wanted } = await day.ownChart({ 'web.yaml': configMap('web') }, { chart: { path: 'deploy/chart' } });
    await day.untilRead(wanted, BAD_DAY['chart path missing']);
  });

  it('was of a commit that is gone', async () => {
    const { wanted } = await day.ownChart({ 'web.yaml': configMap('web') });
    await day.untilRead(
      componentIn(wanted, { commit: '0123456789abcdef0123456789abcdef01234567' }),
      BAD_DAY['chart commit missing'],
    );
  });

  it('is on a branch that there is not', async () => {
    const { workloadChart } = day.world.settings;
    const other = await startBadDay(cluster, { settings: { workloadChart: { ...workloadChart, revision: 'nope' } } });
    try {
      const wanted = other.workload('web');
      await other.untilRead(wanted, BAD_DAY['chart branch missing']);
    } finally {
      await other.dispose();
    }
  });

  it('is in a repository that needs credentials', async () => {
    const { wanted } = await day.ownChart({ 'web.yaml': configMap('web') });
    const repositoryUrl = `http://127.0.0.1:${String((locked.address() as AddressInfo).port)}/acme/shop.git`;
    await day.untilRead(componentIn(wanted, { repositoryUrl }), BAD_DAY['repository needs credentials']);
  });
});

describe.concurrent('objects of a chart', () => {
  it('make pods that Pod Security refuses', async () => {
    const { wanted } = await day.ownChart({ 'web.yaml': deployment('web') });
    await day.untilRead(wanted, BAD_DAY['Pod Security refusal']);
  });

  it('are not valid', async () => {
    const { wanted } = await day.ownChart({ 'web.yaml': deployment('web', { replicas: -1 }) });
    await day.untilRead(wanted, BAD_DAY['object refused by the API server']);
  });

  it('are of a kind that no chart may have', async () => {
    const { wanted } = await day.ownChart({
      'quota.yaml': 'apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: more}\nspec: {hard: {pods: "1000"}}\n',
    });
    await day.untilRead(wanted, BAD_DAY['kind that no chart may have']);
  });

  it("are another Application's", async () => {
    const { wanted: first } = await day.ownChart({ 'web.yaml': configMap('shared') });
    await day.untilRead(first, 'Waiting for a pod behind its Service.');
    const { wanted } = await day.ownChart({ 'web.yaml': configMap('shared', namespaceOf(first)) });
    const sentence = BAD_DAY['resource shared with another Application'].replace('OTHER', namespaceOf(first));
    await day.untilRead(wanted, sentence);
  });

  it('hold a hook that fails', async () => {
    const { wanted } = await day.ownChart({
      'migrate.yaml': job('migrate', 'job-fails', 'PreSync'),
      'web.yaml': configMap('web'),
    });
    await day.untilRead(wanted, BAD_DAY['hook Job fails']);
  });

  it('hold a hook that hangs, until a newer commit has none', async () => {
    const { wanted, repository } = await day.ownChart({
      'migrate.yaml': job('migrate', 'job-hangs', 'PreSync'),
      'web.yaml': configMap('web'),
    });
    await day.untilRead(wanted, BAD_DAY['hook hangs']);
    const commit = await repository.commit('chart/templates/migrate.yaml', undefined);
    await day.untilRead({ ...componentIn(wanted, { commit }), revision: 2 }, 'Waiting for a pod behind its Service.');
  });
});

it('is put right by a newer commit while Argo CD still tries the one before', async () => {
  const patient = await startBadDay(cluster);
  try {
    const { wanted, repository } = await patient.ownChart({ 'web.yaml': deployment('web', { replicas: -1 }) });
    await patient.untilRead(wanted, BAD_DAY['sync is tried again']);
    const commit = await repository.commit('chart/templates/web.yaml', configMap('web'));
    const mended = { ...componentIn(wanted, { commit }), revision: 2 };
    await patient.untilRead(mended, 'Waiting for a pod behind its Service.');
  } finally {
    await patient.dispose();
  }
});
