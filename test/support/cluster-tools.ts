import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ClusterAccess } from '../../testbed/cluster/access.ts';
import type { KubernetesClient, KubernetesObject } from '../../testbed/cluster/kubernetes-client.ts';

const run = promisify(execFile);

function environment({ kubeconfig, path }: ClusterAccess): NodeJS.ProcessEnv {
  return { ...process.env, PATH: path, KUBECONFIG: kubeconfig };
}

/** What kubectl prints. */
export async function kubectl(access: ClusterAccess, ...args: string[]): Promise<string> {
  return (await run('kubectl', args, { env: environment(access) })).stdout;
}

/** A kubectl that goes on until it is ended, with the lines that it prints. */
export interface RunningKubectl {
  /** Its next line; undefined when it has ended. */
  nextLine(): Promise<string | undefined>;
  end(): Promise<void>;
}

export function startKubectl(access: ClusterAccess, ...args: string[]): RunningKubectl {
  const child: ChildProcess = spawn('kubectl', args, {
    env: environment(access),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  if (child.stdout === null) throw new Error('kubectl has no output.');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async nextLine() {
      const { done, value } = await lines.next();
      return done === true ? undefined : value;
    },
    async end() {
      child.kill();
      await closed;
    },
  };
}

/** A way to the port of a Pod by `kubectl port-forward`; `url` is where it begins. */
export async function forwardPort(
  access: ClusterAccess,
  namespace: string,
  pod: string,
  port: number,
): Promise<{ url: string; end(): Promise<void> }> {
  const running = startKubectl(access, '-n', namespace, 'port-forward', `pod/${pod}`, `:${port}`);
  const line = (await running.nextLine()) ?? '';
  const [, local] = /127\.0\.0\.1:(\d+)/.exec(line) ?? [];
  if (local === undefined) throw new Error(`kubectl port-forward said: ${line}`);
  return { url: `http://127.0.0.1:${local}`, end: () => running.end() };
}

/** A namespace of this name and something random, which is deleted by `deleteNamespace`. */
export async function createNamespace(client: KubernetesClient, name: string): Promise<string> {
  const unique = `${name}-${randomBytes(3).toString('hex')}`;
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: unique } });
  await until(async () => {
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: unique } };
    return client.get(account).catch(() => undefined);
  }, `the service account of ${unique}`);
  return unique;
}

/** Asks every 50 ms until there is an answer, and names what was waited for where none comes in time. */
export async function until<T>(
  ask: () => Promise<T | undefined | false | null>,
  what: string,
  withinMs = 60_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false && answer !== null) return answer;
    if (performance.now() > deadline) throw new Error(`Waited ${withinMs / 1000} s in vain for ${what}.`);
    await sleep(50);
  }
}

/** A Pod with one container. */
export function pod(
  namespace: string,
  name: string,
  image: string,
  more: object = {},
  spec: object = {},
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, ...more },
    spec: { containers: [{ name: 'web', image, ports: [{ containerPort: 8080 }] }], ...spec },
  };
}
