import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { visit, type EnvironmentBody } from './environments.ts';
import type { History } from './history.ts';
import type { Product, Reply } from './product.ts';

/**
 * A client that wants what it wants: whoever dies on the way, it asks again, with the same key, until it is answered.
 * What it asks and is told goes into the history.
 */
export interface PersistentClient {
  create(name: string, repositoryId: string): Promise<EnvironmentBody>;
  /** Has it follow its branch no more. */
  pin(environment: EnvironmentBody): Promise<EnvironmentBody>;
  redeploy(environment: EnvironmentBody): Promise<EnvironmentBody>;
  remove(environment: EnvironmentBody): Promise<void>;
  /** Waits until it is ready at the head of its branch, and its URL answers with that commit's image, through the gateway. */
  untilServed(environment: EnvironmentBody, branch: { readonly head: string }): Promise<EnvironmentBody>;
  untilTerminated(environment: EnvironmentBody): Promise<void>;
  /** Sentences of environments that were said to have failed, though nothing is wrong with them. */
  readonly falseAlarms: readonly string[];
}

export interface PersistentClientOptions {
  /** The one that runs now. */
  readonly product: () => Product;
  readonly history: History;
  /** Digest of the image of a commit. */
  readonly digestOf: (commit: string) => string | undefined;
  /** For so long everything is waited for. */
  readonly patienceMs: number;
}

const PAUSE_MS = 150;

export function createPersistentClient({
  product,
  history,
  digestOf,
  patienceMs,
}: PersistentClientOptions): PersistentClient {
  const falseAlarms: string[] = [];

  async function insist(method: string, path: string, body?: object): Promise<EnvironmentBody> {
    const key = randomUUID();
    return patiently(`${method} ${path} to be answered`, async () => {
      const { status, body: answer } = await product().api<EnvironmentBody>(method, path, body, {
        'idempotency-key': key,
      });
      if (status < 300) return answer;
      const said = `${method} ${path} was answered with ${status}: ${JSON.stringify(answer)}`;
      if (status < 500 && status !== 429) throw new Refusal(said);
      throw new Error(said);
    });
  }

  /** Tries again until it gives something. */
  async function patiently<T>(what: string, attempt: () => Promise<T | string>): Promise<T> {
    const deadline = performance.now() + patienceMs;
    let problem: string;
    for (;;) {
      try {
        const outcome = await attempt();
        if (typeof outcome !== 'string') return outcome;
        problem = outcome;
      } catch (error) {
        if (error instanceof Refusal) throw error;
        problem = String(error);
      }
      if (performance.now() > deadline)
        throw new Error(`Waited ${patienceMs} ms for ${what}: ${problem}\n${product().output().slice(-6_000)}`);
      await sleep(PAUSE_MS);
    }
  }

  async function read(id: string): Promise<EnvironmentBody> {
    const reply: Reply<EnvironmentBody> = await product().api<EnvironmentBody>('GET', `/api/environments/${id}`);
    if (reply.status === 404) throw new Refusal(`${id} is lost: ${JSON.stringify(reply.body)}`);
    if (reply.status !== 200) throw new Error(JSON.stringify(reply.body));
    return reply.body;
  }

  /** What is wrong with what the URL answers; null where it is the commit. */
  async function faultOfUrl({ id, name, kubernetes }: EnvironmentBody, commit: string): Promise<string | null> {
    const { status, text } = await visit(product(), name, '/__stub');
    if (status !== 200) return `its URL answers ${status}`;
    const { digest, namespace, env } = JSON.parse(text) as {
      digest: string;
      namespace: string;
      env: Record<string, string>;
    };
    const is = { digest, namespace, commit: env['BLUEBERRY_COMMIT'], id: env['BLUEBERRY_ENVIRONMENT'] };
    const expected = { digest: digestOf(commit), namespace: kubernetes.namespace, commit, id };
    return JSON.stringify(is) === JSON.stringify(expected)
      ? null
      : `its URL answers as ${JSON.stringify(is)}, not as ${JSON.stringify(expected)}`;
  }

  return {
    falseAlarms,
    async create(name, repositoryId) {
      history.add({ source: 'client', action: 'create', moment: 'asked', id: null, name });
      const created = await insist('POST', '/api/environments', { name, repository_id: repositoryId });
      history.add({ source: 'client', action: 'create', moment: 'told', id: created.id, name });
      return created;
    },
    pin: ({ id }) => insist('PATCH', `/api/environments/${id}`, { auto_update: false }),
    async redeploy({ id, name }) {
      history.add({ source: 'client', action: 'redeploy', moment: 'asked', id, name });
      const redeployed = await insist('POST', `/api/environments/${id}/redeploy`);
      history.add({ source: 'client', action: 'redeploy', moment: 'told', id, name });
      return redeployed;
    },
    async remove({ id, name }) {
      history.add({ source: 'client', action: 'delete', moment: 'asked', id, name });
      await insist('DELETE', `/api/environments/${id}`);
      history.add({ source: 'client', action: 'delete', moment: 'told', id, name });
    },
    async untilServed({ id, name }, branch) {
      let failedWith = '';
      const served = await patiently(`${name} (${id}) to be served`, async () => {
        const commit = branch.head;
        const seen = await read(id);
        if (seen.status === 'failed' && failedWith !== seen.message) falseAlarms.push(`${name}: ${seen.message}`);
        failedWith = seen.status === 'failed' ? seen.message : '';
        if (seen.status !== 'ready' || seen.git.commit_sha !== commit) return JSON.stringify(seen);
        return (await faultOfUrl(seen, commit)) ?? seen;
      });
      history.add({ source: 'reading', id, status: 'ready' });
      return served;
    },
    async untilTerminated({ id, name }) {
      await patiently(`${name} (${id}) to be terminated`, async () => {
        const seen = await read(id);
        return seen.status === 'terminated' ? seen : JSON.stringify(seen);
      });
      history.add({ source: 'reading', id, status: 'terminated' });
    },
  };
}

/** An answer that asking again would not change. */
class Refusal extends Error {}
