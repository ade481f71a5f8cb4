import { request } from 'node:http';
import { eventually, type Product } from './product.ts';

/** The parts of an EnvironmentResponse that the tests look at. */
export interface EnvironmentBody {
  readonly id: string;
  readonly name: string;
  readonly status: 'pending' | 'ready' | 'failed' | 'deleting' | 'terminated';
  readonly message: string;
  readonly urls: readonly string[];
  readonly expires_at: string;
  readonly asleep: boolean;
  readonly generation: number;
  readonly observed_generation: number;
  readonly git: { readonly commit_sha: string | null; readonly branch: string };
  readonly kubernetes: {
    readonly namespace: string;
    readonly application: string;
    readonly sync_status: string;
    readonly health_status: string;
  };
}

export async function connectRepository(product: Product, path: string, more: object = {}): Promise<string> {
  const reply = await product.api<{ id: string }>('POST', '/api/repositories', { url: path, ...more });
  if (reply.status !== 201)
    throw new Error(`Connecting ${path} answered ${String(reply.status)}: ${JSON.stringify(reply.body)}`);
  return reply.body.id;
}

export async function createEnvironment(product: Product, input: object): Promise<EnvironmentBody> {
  const reply = await product.api<EnvironmentBody>('POST', '/api/environments', input);
  if (reply.status !== 201) throw new Error(`Creating answered ${String(reply.status)}: ${JSON.stringify(reply.body)}`);
  return reply.body;
}

export async function readEnvironment(product: Product, id: string): Promise<EnvironmentBody> {
  return (await product.api<EnvironmentBody>('GET', `/api/environments/${id}`)).body;
}

/** Waits for a status; fails at once when the environment is failed and that is not what is waited for. */
export async function untilStatus(
  product: Product,
  id: string,
  wanted: EnvironmentBody['status'],
  timeoutMs = 60_000,
): Promise<EnvironmentBody> {
  let last: EnvironmentBody | null = null;
  const found = await eventually(
    async () => {
      last = await readEnvironment(product, id);
      return last.status === wanted || last.status === 'failed' ? last : null;
    },
    timeoutMs,
    `${id} to be ${wanted}`,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}; it is ${JSON.stringify(last)}\n${product.output().slice(-3000)}`);
  });
  if (found.status !== wanted) throw new Error(`Expected ${wanted}, but it is ${found.status}: ${found.message}`);
  return found;
}

/** What a browser would get at the environment's URL. Node.js does not resolve NAME.localhost, so the Host header says it. */
export async function visit(
  product: Product,
  name: string,
  path = '/',
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string; headers: Record<string, string | string[] | undefined> }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: product.port,
        path,
        headers: { host: `${name}.localhost:${String(product.port)}`, ...headers },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text, headers: response.headers });
        });
        response.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}
