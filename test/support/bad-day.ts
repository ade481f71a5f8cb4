import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../src/core/json.ts';
import { kubernetesName } from '../../src/core/naming.ts';
import type { OwnChart } from '../../src/core/repository-file.ts';
import type { DesiredComponent, DesiredEnvironment, RuntimeObservation } from '../../src/ports/environment-runtime.ts';
import type { ClusterAccess } from '../../testbed/cluster/access.ts';
import { connect, type KubernetesClient, type KubernetesObject } from '../../testbed/cluster/kubernetes-client.ts';
import { newKey } from '../contract/environment-runtime.stage.ts';
import { createArgocdWorld, type ArgocdWorld, type ArgocdWorldOptions } from './argocd-world.ts';
import { makeChartRepository, type ChartRepository } from './chart-repository.ts';

export const DIGEST = `sha256:${'a'.repeat(64)}`;

/** A Blueberry in a cluster in which something goes wrong, and what somebody reads of it. */
export interface BadDay {
  readonly world: ArgocdWorld;
  /** The cluster as its administrator. */
  readonly administrator: KubernetesClient;
  /** An environment of the workload chart; its container behaves as the image says. */
  workload(image: string, values?: JsonObject): DesiredEnvironment;
  /** An environment of a chart of its own, made of these templates, whose last commit is deployed. */
  ownChart(templates: Readonly<Record<string, string>>, more?: OwnChartOptions): Promise<ChartedEnvironment>;
  /** Asks for it again and again, as controllers do, until its sentence is this one; fails with all that it was. */
  untilRead(wanted: DesiredEnvironment, sentence: string, withinMs?: number): Promise<RuntimeObservation>;
  untilRunning(wanted: DesiredEnvironment, withinMs?: number): Promise<RuntimeObservation>;
  /** Has it removed until this is what blocks that. */
  untilBlocked(wanted: DesiredEnvironment, sentence: string, withinMs?: number): Promise<RuntimeObservation>;
  untilGone(wanted: DesiredEnvironment, withinMs?: number): Promise<RuntimeObservation>;
  dispose(): Promise<void>;
}

export interface OwnChartOptions {
  readonly values?: JsonObject;
  /** Other files of the chart. */
  readonly files?: Readonly<Record<string, string>>;
  readonly chart?: Partial<OwnChart>;
}

export interface ChartedEnvironment {
  readonly wanted: DesiredEnvironment;
  readonly repository: ChartRepository;
}

export async function startBadDay(
  cluster: ClusterAccess,
  options: Omit<ArgocdWorldOptions, 'cluster' | 'mode'> = {},
): Promise<BadDay> {
  const administrator = await connect(cluster.kubeconfig);
  const world = await createArgocdWorld({ cluster, mode: 'api', ...options });
  const { id, url } = world.repository;

  function desired(component: Partial<DesiredComponent>): DesiredEnvironment {
    return {
      key: newKey('shop'),
      revision: 1,
      asleep: false,
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      components: [
        {
          repositoryId: id,
          repositoryUrl: url,
          path: '',
          branch: 'main',
          commit: randomBytes(20).toString('hex'),
          image: null,
          values: {},
          env: {},
          secretEnv: {},
          repositoryFile: null,
          credentials: { repository: null, image: null },
          ...component,
        },
      ],
    };
  }

  const read = (seen: RuntimeObservation, wanted: DesiredEnvironment): string =>
    sentenceOf(seen, wanted, world.settings.workloadChart.repository);

  async function until(
    wanted: DesiredEnvironment,
    look: () => Promise<RuntimeObservation>,
    is: (seen: RuntimeObservation) => boolean,
    what: string,
    withinMs: number,
  ): Promise<RuntimeObservation> {
    const sentences: string[] = [];
    const deadline = performance.now() + withinMs;
    for (;;) {
      let sentence: string;
      try {
        const seen = await look();
        if (is(seen)) return seen;
        sentence = read(seen, wanted);
      } catch (error) {
        sentence = `It failed with ${String(error)}`;
      }
      if (sentences.at(-1) !== sentence) sentences.push(sentence);
      if (performance.now() > deadline) throw new Error(`${what} was never read, but: ${sentences.join(' | ')}`);
      await sleep(200);
    }
  }

  return {
    world,
    administrator,
    workload(image, values = {}) {
      return desired({
        image: `registry.example.com/acme/${image}@${DIGEST}`,
        values: {
          probe: { path: '/', periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 2 },
          preStopSleepSeconds: 0,
          ...values,
        },
      });
    },
    async ownChart(templates, { values = {}, files = {}, chart = {} } = {}) {
      const name = `own-${randomBytes(4).toString('hex')}`;
      const repository = await makeChartRepository(cluster.gitFolder, name, [], {
        'chart/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
        ...Object.fromEntries(Object.entries(templates).map(([file, text]) => [`chart/templates/${file}`, text])),
        ...files,
      });
      const own: OwnChart = { path: 'chart', imageValues: null, sleepValues: null, service: null, port: 80, ...chart };
      const repositoryFile = { build: [], run: null, health: null, values: {}, chart: own };
      return {
        repository,
        wanted: desired({
          repositoryId: `repo_${name}`,
          repositoryUrl: repository.url,
          commit: repository.firstCommit,
          values,
          repositoryFile,
        }),
      };
    },
    untilRead(wanted, sentence, withinMs = 60_000) {
      const look = (): Promise<RuntimeObservation> => world.runtime.ensure(wanted);
      return until(wanted, look, (seen) => read(seen, wanted) === sentence, sentence, withinMs);
    },
    untilRunning(wanted, withinMs = 60_000) {
      const look = (): Promise<RuntimeObservation> => world.runtime.ensure(wanted);
      const is = ({ progress, revision }: RuntimeObservation): boolean =>
        progress?.step === 'running' && revision === wanted.revision;
      return until(wanted, look, is, 'Running', withinMs);
    },
    untilBlocked(wanted, sentence, withinMs = 60_000) {
      const look = (): Promise<RuntimeObservation> => world.runtime.remove(wanted.key);
      const is = (seen: RuntimeObservation): boolean => read(seen, wanted) === sentence;
      return until(wanted, look, is, sentence, withinMs);
    },
    untilGone(wanted, withinMs = 60_000) {
      const look = (): Promise<RuntimeObservation> => world.runtime.remove(wanted.key);
      return until(wanted, look, ({ presence }) => presence === 'absent', 'Gone', withinMs);
    },
    async dispose() {
      await world.dispose();
      administrator.close();
    },
  };
}

export function namespaceOf({ key }: DesiredEnvironment): string {
  return kubernetesName(key.name, key.id);
}

export function applicationOf(wanted: DesiredEnvironment): KubernetesObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: namespaceOf(wanted), namespace: 'argocd' },
  };
}

/** What somebody reads of it, with NAME, URL and IMAGE for what is another one each time. */
function sentenceOf(
  { progress, blockedBy, presence }: RuntimeObservation,
  wanted: DesiredEnvironment,
  chartRepository: string,
): string {
  const [{ image, repositoryUrl, commit }] = wanted.components;
  const said =
    blockedBy ??
    (progress === null
      ? `(${presence})`
      : progress.step === 'failed'
        ? progress.diagnosis.message
        : progress.step === 'waiting'
          ? progress.message
          : `(${progress.step})`);
  return said
    .replaceAll(namespaceOf(wanted), 'NAME')
    .replaceAll(repositoryUrl, 'URL')
    .replaceAll(chartRepository, 'URL')
    .replaceAll(commit, 'COMMIT')
    .replaceAll(image ?? '\0', 'IMAGE');
}

/** The same environment with another component. */
export function componentIn(wanted: DesiredEnvironment, change: Partial<DesiredComponent>): DesiredEnvironment {
  return { ...wanted, components: [{ ...wanted.components[0], ...change }] };
}

export function configMap(name: string, namespace?: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    data: { greeting: 'hello' },
  });
}

/** Its pods ask for more rights than Pod Security `restricted` allows. */
export function deployment(name: string, spec: JsonObject = {}): string {
  const labels = { app: name };
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'web', image: 'registry.example.com/acme/web:1' }] },
      },
      ...spec,
    },
  });
}

/** A hook of Argo CD's whose container behaves so. */
export function job(name: string, behaviour: string, hook: string): string {
  const container = {
    name,
    image: `registry.example.com/acme/${behaviour}:1`,
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
  return JSON.stringify({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, annotations: { 'argocd.argoproj.io/hook': hook } },
    spec: {
      backoffLimit: 0,
      template: {
        spec: {
          restartPolicy: 'Never',
          securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [container],
        },
      },
    },
  });
}
