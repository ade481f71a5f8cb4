import { createHash } from 'node:crypto';
import type { Clock } from '../../../ports/clock.ts';
import type { EnvironmentKey } from '../../../ports/environment-runtime.ts';
import type { Log } from '../../../ports/log.ts';
import type { ArgocdSettings } from '../argocd-settings.ts';
import type { Application, AppProject } from '../kubernetes/argocd-objects.ts';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { KubernetesFailure } from '../kubernetes/kubernetes-failure.ts';
import { createInformer, type Informer } from '../kubernetes/list-watch.ts';
import type { KubernetesObject, Namespace } from '../kubernetes/objects.ts';
import { applications, appProjects, namespaces } from '../kubernetes/resources.ts';
import { environmentSelector, installationSelector, ownerOf } from '../objects/ownership.ts';
import { createKeptApplications } from './kept-application.ts';
import { createWrittenObjects } from './written-objects.ts';

/** What is known of this installation's environments in the cluster, kept current by one watch for each kind. */
export interface ClusterView {
  application(name: string): Application | null;
  namespace(name: string): Namespace | null;
  project(name: string): AppProject | null;
  applications(): IterableIterator<Application>;
  namespaces(): IterableIterator<Namespace>;
  projects(): IterableIterator<AppProject>;
  noteApplication(application: Application): void;
  noteNamespace(namespace: Namespace): void;
  noteProject(project: AppProject): void;
  /** RFC 3339: all that is shown is at least as new. Fails with `unavailable` before anything was seen. */
  observedAt(): string;
  /** Waits for the first look, for a while; fails with `unavailable`. */
  ready(): Promise<void>;
  environments(): readonly EnvironmentKey[];
  /** Calls back when something about an environment has changed that counts. Returns the stop function. */
  onChange(listener: (key: EnvironmentKey) => void): () => void;
  close(): Promise<void>;
}

export interface ClusterViewParts {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: Pick<ArgocdSettings, 'argocdNamespace' | 'installation'>;
}

const FIRST_LOOK_MS = 10_000;

export function createClusterView({ client, clock, log, settings }: ClusterViewParts): ClusterView {
  const { argocdNamespace, installation } = settings;
  const common = { client, labelSelector: environmentSelector(installation), clock, log };
  const keptApplication = createKeptApplications();
  const applicationInformer = createInformer({
    ...common,
    resource: applications,
    namespace: argocdNamespace,
    transform: keptApplication,
  });
  const namespaceInformer = createInformer({ ...common, resource: namespaces });
  const projectInformer = createInformer({
    ...common,
    labelSelector: installationSelector(installation),
    resource: appProjects,
    namespace: argocdNamespace,
  });
  const owned: readonly Informer<Application | Namespace>[] = [applicationInformer, namespaceInformer];
  const informers: readonly Informer<KubernetesObject>[] = [...owned, projectInformer] as Informer<KubernetesObject>[];
  const writtenApplications = createWrittenObjects(applicationInformer, argocdNamespace);
  const writtenNamespaces = createWrittenObjects(namespaceInformer, undefined);
  const writtenProjects = createWrittenObjects(projectInformer, argocdNamespace);
  const stop = new AbortController();
  const running = Promise.all(informers.map((informer) => informer.run(stop.signal)));
  running.catch((error: unknown) => {
    log.error({ error: String(error) }, 'The view of the cluster has ended.');
  });

  function unavailable(): KubernetesFailure {
    const failure = informers.map((informer) => informer.failure).find((known) => known !== null);
    return new KubernetesFailure(
      'unavailable',
      failure?.message ?? `The cluster at ${client.server.host} has not been seen yet.`,
    );
  }

  return {
    application: (name) => writtenApplications.get(name),
    namespace: (name) => writtenNamespaces.get(name),
    project: (name) => writtenProjects.get(name),
    applications: () => applicationInformer.values(),
    namespaces: () => namespaceInformer.values(),
    projects: () => projectInformer.values(),
    noteApplication: (application) => {
      writtenApplications.note(keptApplication(application));
    },
    noteNamespace: (namespace) => {
      writtenNamespaces.note(namespace);
    },
    noteProject: (project) => {
      writtenProjects.note(project);
    },
    observedAt() {
      const seen = informers.map(({ syncedAt }) => syncedAt);
      if (seen.includes(null)) throw unavailable();
      return new Date(Math.min(...seen.map(Number))).toISOString();
    },
    async ready() {
      if (!informers.some(({ syncedAt }) => syncedAt === null)) return;
      const patience = AbortSignal.any([stop.signal, AbortSignal.timeout(FIRST_LOOK_MS)]);
      try {
        await Promise.all(informers.map((informer) => informer.synced(patience)));
      } catch {
        throw unavailable();
      }
    },
    environments() {
      const keys = new Map<string, EnvironmentKey>();
      for (const informer of owned) {
        for (const object of informer.values()) {
          const owner = ownerOf(object);
          if (owner !== null) keys.set(owner.id, owner);
        }
      }
      return [...keys.values()];
    },
    onChange(listener) {
      const told = new Map<string, string>();
      const tell = (type: string, object: KubernetesObject, digest: string): void => {
        const { uid } = object.metadata;
        if (type !== 'deleted' && told.get(uid) === digest) return;
        if (type === 'deleted') told.delete(uid);
        else told.set(uid, digest);
        const owner = ownerOf(object);
        if (owner !== null) listener(owner);
      };
      const stops = [
        applicationInformer.onChange(({ type, object }) => {
          tell(type, object, digestOf(applicationState(object)));
        }),
        namespaceInformer.onChange(({ type, object }) => {
          tell(type, object, digestOf([object.metadata, object.status]));
        }),
        // Argo CD itself looks minutes later.
        projectInformer.onChange(({ object }) => {
          for (const application of applicationInformer.values()) {
            const owner = ownerOf(application);
            if (owner !== null && application.spec.project === object.metadata.name) listener(owner);
          }
        }),
      ];
      return () => {
        for (const end of stops) end();
      };
    },
    async close() {
      stop.abort();
      await running.catch(() => undefined);
    },
  };
}

/** Argo CD writes down every look that it takes; only what is different afterwards counts. */
function applicationState({ metadata, spec, operation, status }: Application): unknown {
  const { resourceVersion: _, ...identity } = metadata;
  const { reconciledAt, ...seen } = status ?? {};
  const finishedAt = status?.operationState?.finishedAt;
  const isLookedAt = reconciledAt !== undefined && (finishedAt === undefined || reconciledAt >= finishedAt);
  return [identity, spec, operation, seen, isLookedAt];
}

function digestOf(state: unknown): string {
  return createHash('sha256').update(JSON.stringify(state)).digest('base64');
}
