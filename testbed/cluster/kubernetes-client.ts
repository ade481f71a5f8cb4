import { readFile } from 'node:fs/promises';
import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';

/** Any object of the Kubernetes API. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  deletionTimestamp?: string;
  ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string }[];
}

export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T;
}

/** What the API server refused, with its status code. */
export class KubernetesError extends Error {
  override readonly name = 'KubernetesError';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * The API of the test cluster as its administrator. The harness and its tests have a client of their own, so that what
 * they find does not hang on the one that is tested.
 */
export interface KubernetesClient {
  /** Sends JSON and resolves with the parsed answer; rejects with `KubernetesError` at 4xx and 5xx. */
  request<T = KubernetesObject>(method: string, path: string, body?: unknown, contentType?: string): Promise<T>;
  /** Makes an object that is not there yet. */
  create(object: KubernetesObject): Promise<KubernetesObject>;
  /** Server-side apply: the object is made, or changed to say what is said here. */
  apply(object: KubernetesObject): Promise<KubernetesObject>;
  get<T = KubernetesObject>(object: ObjectAddress): Promise<T>;
  /** Resolves also when it is gone already. */
  delete(object: ObjectAddress, body?: unknown): Promise<void>;
  /** The events of one watch, until the server or the signal ends it. */
  watch<T>(path: string, signal: AbortSignal): AsyncIterable<WatchEvent<T>>;
  close(): void;
}

export interface ObjectAddress {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
}

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { 'client-certificate-data': string; 'client-key-data': string } }[];
}

/** Connects by a kubeconfig file that is written in JSON, as those of the test cluster are. */
export async function connect(kubeconfig: string): Promise<KubernetesClient> {
  const { clusters, users } = JSON.parse(await readFile(kubeconfig, 'utf8')) as Kubeconfig;
  const cluster = clusters[0]?.cluster;
  const user = users[0]?.user;
  if (cluster === undefined || user === undefined) throw new Error(`${kubeconfig} names no cluster or no user.`);
  const decode = (text: string): Buffer => Buffer.from(text, 'base64');
  const agent = new Agent({
    keepAlive: true,
    ca: decode(cluster['certificate-authority-data']),
    cert: decode(user['client-certificate-data']),
    key: decode(user['client-key-data']),
  });

  const open = (method: string, path: string, body?: unknown, type?: string, signal?: AbortSignal) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body);
      const headers = {
        accept: 'application/json',
        'content-type': type ?? 'application/json',
        // Node.js sends the body of a DELETE without any length otherwise.
        'content-length': Buffer.byteLength(text),
      };
      const sent = httpsRequest(`${cluster.server}${path}`, { method, agent, headers, signal }, resolve);
      sent.once('error', reject);
      sent.end(text);
    });

  const client: KubernetesClient = {
    async request<T>(method: string, path: string, body?: unknown, contentType?: string) {
      const answer = await open(method, path, body, contentType);
      const text = await readText(answer);
      if ((answer.statusCode ?? 0) >= 400) throw refusal(answer.statusCode ?? 0, `${method} ${path}`, text);
      return JSON.parse(text) as T;
    },
    create: (object) =>
      client.request('POST', collectionPath(object.apiVersion, object.kind, object.metadata.namespace), object),
    apply: (object) =>
      client.request(
        'PATCH',
        `${objectPath(object)}?fieldManager=testbed&force=true`,
        object,
        'application/apply-patch+yaml',
      ),
    get: <T>(object: ObjectAddress) => client.request<T>('GET', objectPath(object)),
    async delete(object, body) {
      try {
        await client.request('DELETE', objectPath(object), body);
      } catch (error) {
        if (!(error instanceof KubernetesError) || error.status !== 404) throw error;
      }
    },
    async *watch<T>(path: string, signal: AbortSignal) {
      const answer = await open('GET', path, undefined, undefined, signal);
      if (answer.statusCode !== 200) throw refusal(answer.statusCode ?? 0, `GET ${path}`, await readText(answer));
      for await (const line of createInterface({ input: answer })) yield JSON.parse(line) as WatchEvent<T>;
    },
    close: () => agent.destroy(),
  };
  return client;
}

/** Path of one object. Kinds whose plural is not made with a plain s, es or ies would need a table. */
export function objectPath({ apiVersion, kind, metadata }: ObjectAddress): string {
  return `${collectionPath(apiVersion, kind, metadata.namespace)}/${metadata.name}`;
}

export function collectionPath(apiVersion: string, kind: string, namespace?: string): string {
  const word = kind.toLowerCase();
  const plural = word.endsWith('logs')
    ? word
    : /[^aeiou]y$/.test(word)
      ? `${word.slice(0, -1)}ies`
      : `${word}${word.endsWith('s') ? 'es' : 's'}`;
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespace === undefined ? `${root}/${plural}` : `${root}/namespaces/${namespace}/${plural}`;
}

async function readText(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += String(chunk);
  return text;
}

function refusal(status: number, what: string, body: string): KubernetesError {
  let message = body;
  try {
    message = (JSON.parse(body) as { message?: string }).message ?? body;
  } catch {
    // Not a Status object: the text itself says what is wrong.
  }
  return new KubernetesError(status, `${what}: ${status} ${message}`);
}
