import { kubernetesName } from '../../core/naming.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  EnvironmentKey,
  EnvironmentRuntime,
  LogLine,
  LogQuery,
  RuntimeObservation,
} from '../../ports/environment-runtime.ts';
import type { Log } from '../../ports/log.ts';
import type { ArgocdSettings } from './argocd-settings.ts';
import { createAttention } from './attention.ts';
import { createClusterCheck } from './check-cluster.ts';
import { createCloserLook } from './view/closer-look.ts';
import { createClusterView } from './view/cluster-view.ts';
import type { ApplicationDelivery } from './delivery/application-delivery.ts';
import { createEndpoints } from './traffic/endpoints.ts';
import { ensureEnvironment } from './ensure-environment.ts';
import { readEnvironmentLogs } from './logs/environment-logs.ts';
import { keepLogs } from './logs/keep-logs.ts';
import { createKeptLogs } from './logs/kept-logs.ts';
import type { Application } from './kubernetes/argocd-objects.ts';
import type { KubernetesClient } from './kubernetes/kubernetes-client.ts';
import type { ApplicationTemplate } from './manifest/application-template.ts';
import { createRenderedApplications } from './manifest/rendered-applications.ts';
import { ASLEEP_ANNOTATION, isOwnedBy } from './objects/ownership.ts';
import { observeEnvironment } from './observe-environment.ts';
import { removeEnvironment } from './remove-environment.ts';
import { createTraffic } from './traffic/traffic.ts';
import { createTurns } from './turns.ts';

export interface ArgocdRuntimeParts {
  readonly client: KubernetesClient;
  readonly template: ApplicationTemplate;
  readonly delivery: ApplicationDelivery;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: ArgocdSettings;
}

function chosen(lines: readonly LogLine[], { container, tail, since }: LogQuery): readonly LogLine[] {
  const wanted = lines.filter(
    (line) =>
      (container === undefined || line.container === container) &&
      (since === undefined || Date.parse(line.at) >= Date.parse(since)),
  );
  return tail === undefined ? wanted : tail === 0 ? [] : wanted.slice(-tail);
}

function isAwake(application: Application | null): boolean {
  return application !== null && application.metadata.annotations?.[ASLEEP_ANNOTATION] !== 'true';
}

/** Makes environments run on Kubernetes: each is an Argo CD Application that deploys into a namespace of Blueberry's. */
export function createArgocdRuntime(parts: ArgocdRuntimeParts): EnvironmentRuntime {
  const { client, clock, log, settings } = parts;
  const { installation } = settings;
  const view = createClusterView({ client, clock, log, settings });
  const closerLook = createCloserLook(client);
  const endpoints = createEndpoints(client);
  const traffic = createTraffic({ client, settings, closerLook, endpoints });
  const keptLogs = createKeptLogs(settings.logFolder, clock, log);
  const attention = createAttention(clock);
  const turns = createTurns();
  const inventories: Parameters<typeof removeEnvironment>[0]['inventories'] = new Map();
  const template = createRenderedApplications(parts.template);
  const world = { ...parts, template, view, closerLook, endpoints, traffic, installation, inventories };
  const stopWatching = view.onChange((key) => {
    closerLook.expire(kubernetesName(key.name, key.id));
    attention.hint(key.id);
  });

  function ownApplication(key: EnvironmentKey): ReturnType<typeof view.application> {
    const application = view.application(kubernetesName(key.name, key.id));
    return application !== null && isOwnedBy(application, { installation, key }) ? application : null;
  }

  /** What is not yet as it is to be is looked at again soon: pods and events announce themselves to nobody. */
  function attended(key: EnvironmentKey, seen: RuntimeObservation): RuntimeObservation {
    const { progress } = seen;
    attention.give(key.id, progress);
    if (progress === null || progress.step === 'running' || progress.step === 'asleep')
      template.forget(kubernetesName(key.name, key.id));
    return seen;
  }

  return {
    async ensure(desired) {
      const { key } = desired;
      const name = kubernetesName(key.name, key.id);
      return turns.take(name, async () => {
        // What goes to sleep loses its pods, and with them what they printed.
        if (desired.asleep && isAwake(ownApplication(key)))
          await keepLogs({ client, closerLook, keptLogs, log }, key, name);
        return attended(key, await ensureEnvironment(world, desired, name));
      });
    },
    async observe(key, closely) {
      return attended(key, await observeEnvironment(world, key, kubernetesName(key.name, key.id), closely));
    },
    async remove(key) {
      const name = kubernetesName(key.name, key.id);
      attention.end(key.id);
      return turns.take(name, async () => {
        const application = ownApplication(key);
        if (application !== null && application.metadata.deletionTimestamp === undefined)
          await keepLogs({ client, closerLook, keptLogs, log }, key, name);
        const seen = await removeEnvironment(world, key, name);
        if (seen.presence === 'absent') {
          closerLook.forget(name);
          endpoints.forget(name);
          template.forget(name);
        }
        return seen;
      });
    },
    async list() {
      await view.ready();
      view.observedAt();
      const keys = new Map([...view.environments(), ...(await parts.delivery.list())].map((key) => [key.id, key]));
      return [...keys.values()];
    },
    watch: (hint) => attention.watch(hint),
    async *logs(key, query) {
      const name = kubernetesName(key.name, key.id);
      await view.ready();
      const isThere = (): boolean => view.namespace(name) !== null || ownApplication(key) !== null;
      const hasPods = isThere() && isAwake(ownApplication(key));
      // What sleeps or is gone has no pods; what they printed is kept.
      if (!hasPods) yield* chosen(await keptLogs.read(key.id), query);
      if (!isThere() || (!hasPods && !query.follow)) return;
      const rest = hasPods ? query : { ...query, tail: 0 };
      yield* readEnvironmentLogs({ client, closerLook, isThere }, name, rest);
    },
    async connect(key) {
      return traffic.connect(key, ownApplication(key));
    },
    check: createClusterCheck(client, settings),
    async close() {
      stopWatching();
      attention.close();
      keptLogs.close();
      await view.close();
    },
  };
}
