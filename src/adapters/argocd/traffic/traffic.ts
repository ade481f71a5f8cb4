import { request } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { Failure } from '../../../core/errors.ts';
import type { EnvironmentKey } from '../../../ports/environment-runtime.ts';
import type { ArgocdSettings } from '../argocd-settings.ts';
import type { CloserLook } from '../view/closer-look.ts';
import { serviceOf, type Endpoint, type Endpoints } from './endpoints.ts';
import type { Application } from '../kubernetes/argocd-objects.ts';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { KubernetesFailure } from '../kubernetes/kubernetes-failure.ts';
import { openPortForward } from '../kubernetes/port-forward.ts';
import { ASLEEP_ANNOTATION, EXPIRES_ANNOTATION, HEALTH_PATH_ANNOTATION } from '../objects/ownership.ts';

/** Leads to what serves environments. */
export interface Traffic {
  /** Fails with a `Failure` of the kind `unavailable` where nothing serves. */
  connect(
    key: EnvironmentKey,
    application: Application | null,
  ): Promise<{ readonly connection: Duplex; readonly revision: number }>;
  /** What is wrong with the answer at the URL, as the end of a sentence; null where it is as it should be. */
  probe(key: EnvironmentKey, application: Application, endpoint: Endpoint): Promise<string | null>;
}

export interface TrafficParts {
  readonly client: KubernetesClient;
  readonly settings: Pick<ArgocdSettings, 'traffic' | 'hostOf'>;
  readonly closerLook: CloserLook;
  readonly endpoints: Endpoints;
}

/** A pod on its way out serves for a few seconds more, which is the time to hear of it. */
const PODS_MAX_AGE_MS = 3_000;
const PODS_FRESH_MS = 1_000;
const CONNECT_TIMEOUT_MS = 5_000;
const PROBE_TIMEOUT_MS = 5_000;

/** Whether it is to serve: what sleeps or is over its time does not, whatever still runs. */
export function isToServe({ metadata }: Application): boolean {
  const { [ASLEEP_ANNOTATION]: asleep, [EXPIRES_ANNOTATION]: expiresAt } = metadata.annotations ?? {};
  if (metadata.deletionTimestamp !== undefined || asleep === 'true') return false;
  return expiresAt === undefined || Date.parse(expiresAt) > Date.now();
}

export function createTraffic({ client, settings, closerLook, endpoints }: TrafficParts): Traffic {
  let turn = 0;

  async function open(application: Application, endpoint: Endpoint): Promise<Duplex> {
    const namespace = application.metadata.name;
    if (settings.traffic === 'service') return openService(application);
    const signal = AbortSignal.timeout(CONNECT_TIMEOUT_MS);
    return openPortForward(client, { namespace, pod: endpoint.pod, port: endpoint.port, signal });
  }

  return {
    async connect(key, application) {
      if (application === null || !isToServe(application)) throw nothingServes(key);
      const namespace = application.metadata.name;
      let failure: unknown;
      for (const maxAgeMs of [PODS_MAX_AGE_MS, 0]) {
        try {
          const pods = await closerLook.pods(namespace, maxAgeMs);
          if (closerLook.ageMs(namespace) > PODS_FRESH_MS) {
            // For those who come next.
            closerLook.pods(namespace, PODS_FRESH_MS).catch(() => undefined);
          }
          const found = await endpoints.among(application, pods);
          const endpoint = found[(turn += 1) % Math.max(1, found.length)];
          if (endpoint !== undefined)
            return { connection: await open(application, endpoint), revision: endpoint.revision };
        } catch (error) {
          failure = error;
        }
      }
      throw nothingServes(key, failure);
    },
    async probe(key, application, endpoint) {
      const path = application.metadata.annotations?.[HEALTH_PATH_ANNOTATION] ?? null;
      try {
        return await ask(await open(application, endpoint), settings.hostOf(key.name), path);
      } catch (error) {
        return `it can't be reached: ${error instanceof Error ? error.message : String(error)}`;
      }
    },
  };
}

function nothingServes(key: EnvironmentKey, cause?: unknown): Failure {
  const why = cause instanceof KubernetesFailure ? ` ${cause.message}` : '';
  return new Failure('unavailable', `Nothing serves ${key.name} at the moment.${why}`, { retryAfterSeconds: 1, cause });
}

function openService(application: Application): Promise<Duplex> {
  const { name, port } = serviceOf(application);
  const host = `${name}.${application.metadata.name}.svc`;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    const timer = setTimeout(() => {
      socket.destroy(new Error(`${host} did not take the connection within ${String(CONNECT_TIMEOUT_MS / 1000)} s`));
    }, CONNECT_TIMEOUT_MS);
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

/** @param path that has to answer 2xx or 3xx; null: any answer below 500 to `/` will do */
function ask(connection: Duplex, host: string, path: string | null): Promise<string | null> {
  return new Promise((resolve) => {
    const sent = request({
      createConnection: () => connection,
      path: path ?? '/',
      headers: { host, accept: '*/*', 'user-agent': 'blueberry-probe', connection: 'close' },
    });
    const end = (fault: string | null): void => {
      clearTimeout(timer);
      resolve(fault);
      sent.destroy();
    };
    const timer = setTimeout(() => {
      end(`${path ?? '/'} did not answer within ${String(PROBE_TIMEOUT_MS / 1000)} s`);
    }, PROBE_TIMEOUT_MS);
    sent.on('error', (error) => {
      end(`${path ?? '/'} gave no answer (${error.message})`);
    });
    sent.once('response', (answer) => {
      const status = answer.statusCode ?? 0;
      const isHealthy = path === null ? status < 500 : status >= 200 && status < 400;
      end(isHealthy ? null : `${path ?? '/'} answers ${String(status)}`);
    });
    sent.end();
  });
}
