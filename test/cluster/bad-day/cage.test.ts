import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Application } from '../../../src/adapters/argocd/kubernetes/argocd-objects.ts';
import type { Pod } from '../../../src/adapters/argocd/kubernetes/pod-objects.ts';
import { projectName } from '../../../src/adapters/argocd/objects/project.ts';
import { collectionPath } from '../../../testbed/cluster/kubernetes-client.ts';
import { applicationOf, configMap, namespaceOf, startBadDay, type BadDay } from '../../support/bad-day.ts';
import { BAD_DAY } from '../../support/bad-day-sentences.ts';

const cluster = inject('cluster');
let day: BadDay;

beforeAll(async () => {
  day = await startBadDay(cluster, { syncRetries: 1 });
});
afterAll(() => day.dispose());

describe.concurrent('values that try to leave their cage', () => {
  it('are text where they look like templates, YAML tags, anchors or documents', async () => {
    const texts = {
      TEMPLATE: '{{ .Release.Namespace }}{{ 7 }}{% raw %}',
      TAG: '!!python/object/apply:os.system [id]',
      ANCHOR: '&a *a <<: *a',
      DOCUMENT: 'a\n---\nkind: Namespace\nmetadata: {name: stolen}\n',
    };
    const wanted = day.workload('web');
    const [component] = wanted.components;
    const told = { ...wanted, components: [{ ...component, env: texts }] as const };
    await day.untilRunning(told);
    const path = collectionPath('v1', 'Pod', namespaceOf(told));
    const { items } = await day.administrator.request<{ items: Pod[] }>('GET', path);
    const env = items[0]?.spec?.containers[0]?.env ?? [];
    expect(Object.fromEntries(env.map(({ name, value }) => [name, value]))).toMatchObject(texts);
  });

  it('change neither project nor destination, and are refused by the chart', async () => {
    const decided = {
      project: 'default',
      namespace: 'kube-system',
      host: 'elsewhere.example',
      destination: { name: 'x' },
    };
    const wanted = day.workload('web', decided);
    await day.untilRead(wanted, BAD_DAY['values that name what is not theirs to decide']);
    const { spec } = await day.administrator.get<Application>(applicationOf(wanted));
    expect(spec.project).toBe(projectName(wanted.components[0].repositoryId));
    expect(spec.destination).toEqual({ server: 'https://kubernetes.default.svc', namespace: namespaceOf(wanted) });
  });

  it('lead a chart into no other namespace than one of environments', async () => {
    const { wanted } = await day.ownChart(
      { 'web.yaml': configMap('web', '{{ .Values.namespace }}') },
      { values: { namespace: 'kube-system' } },
    );
    const project = projectName(wanted.components[0].repositoryId);
    await day.untilRead(wanted, BAD_DAY['values that lead into another namespace'].replace('PROJECT', project));
  });
});
