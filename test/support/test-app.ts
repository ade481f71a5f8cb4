import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Environment } from '../../src/core/environment.ts';
import { EVERYTHING, SCOPES, type Role, type Scope } from '../../src/core/permissions.ts';
import type { ApiToken, Repository, User } from '../../src/core/records.ts';
import { buildApp } from '../../src/http/app.ts';
import type { HttpParts } from '../../src/http/parts.ts';
import type { EnvironmentStore } from '../../src/ports/environment-store.ts';
import type { EventBus } from '../../src/ports/event-bus.ts';
import { createTestParts, type LoggedLine, type TestPartsOptions } from './test-parts.ts';

export interface TestAppOptions extends TestPartsOptions {
  /** Kept by the caller, to open the same data again; left out: a temporary one that goes with `dispose`. */
  readonly folder?: string;
  /** The server around it; left out: a plain one. */
  readonly serverFactory?: HttpParts['serverFactory'];
}

/** A user of the test, with a secret for each way to be recognised. */
export interface TestUser {
  readonly id: string;
  readonly email: string;
  /** An API token with every scope that the role has. */
  readonly token: string;
}

/** Parsed JSON; its form is what the tests are about, so the assertions check it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as said
export type JsonBody = any;

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Null where it is not JSON. */
  readonly body: JsonBody;
}

/** The HTTP edge over the real store, bus, Git, cipher and sign-in, listening on a free port of the loopback address. */
export interface TestApp {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly app: FastifyInstance;
  readonly parts: HttpParts;
  readonly store: EnvironmentStore;
  readonly bus: EventBus;
  readonly log: readonly LoggedLine[];
  readonly administrator: TestUser;
  request(method: string, path: string, options?: RequestOptions): Promise<Reply>;
  /** Makes a user; the token has `scopes`, else all of the role's. */
  user(role: Role, scopes?: readonly Scope[]): Promise<TestUser>;
  token(
    owner: { readonly id: string; readonly email: string },
    scopes: readonly Scope[],
    more?: Partial<ApiToken>,
  ): Promise<string>;
  /** A session cookie of a user. */
  session(user: Pick<TestUser, 'id'>): Promise<string>;
  /** A connected repository, without a Git repository behind it. */
  repository(change?: Partial<Repository>): Promise<string>;
  /** Changes a record of an environment as the controller would, and tells of it. */
  observe(id: string, change: (environment: Environment) => Environment): Promise<void>;
  close(): Promise<void>;
  dispose(): Promise<void>;
}

export interface RequestOptions {
  readonly token?: string | null;
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export async function createTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'blueberry-http-')));
  const { parts, announcer, log } = await createTestParts(folder, options);
  const { store, bus, clock, identifiers } = parts;
  const app = await buildApp(options.serverFactory ? { ...parts, serverFactory: options.serverFactory } : parts);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${String(port)}`;
  let closed = false;

  async function put(
    kind: 'user' | 'api_token' | 'token_secret' | 'repository' | 'session',
    id: string,
    record: object,
  ): Promise<void> {
    await store.commit([{ op: 'put', kind, id, record } as never], []);
  }

  const test: Omit<TestApp, 'administrator'> = {
    url,
    port,
    folder,
    app,
    parts,
    store,
    bus,
    log,
    async request(method, path, { token, body, raw, headers = {}, signal } = {}) {
      const response = await fetch(`${url}${path}`, {
        method,
        redirect: 'manual',
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token ?? administrator.token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(raw === undefined ? (body === undefined ? {} : { body: JSON.stringify(body) }) : { body: raw }),
        ...(signal ? { signal } : {}),
      });
      const text = await response.text();
      const isJson = (response.headers.get('content-type') ?? '').includes('json');
      return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : null };
    },
    async user(role, scopes = SCOPES) {
      const id = identifiers.ordered('usr');
      const email = `${role}-${id.slice(-6)}@example.invalid`;
      const now = clock.timestamp();
      const record: User = {
        email,
        name: role,
        role,
        disabled: false,
        issuer: 'local',
        subject: id,
        createdAt: now,
        updatedAt: now,
      };
      await store.commit(
        [
          { op: 'put', kind: 'user', id, record },
          { op: 'put', kind: 'email_reservation', id: email, record: { userId: id } },
        ],
        [],
      );
      return { id, email, token: await test.token({ id, email }, scopes) };
    },
    async token(owner, scopes, more = {}) {
      const id = identifiers.ordered('tok');
      const secret = identifiers.secret('bb');
      const now = clock.timestamp();
      await put('api_token', id, {
        name: 'test',
        owner: { id: owner.id, email: owner.email },
        scopes,
        expiresAt: null,
        revokedAt: null,
        createdAt: now,
        updatedAt: now,
        ...more,
      });
      await put('token_secret', identifiers.digest(secret), { tokenId: id });
      return secret;
    },
    async session({ id }) {
      const cookie = identifiers.secret('bbs');
      const createdAt = clock.timestamp();
      const expiresAt = new Date(clock.now() + 3_600_000).toISOString();
      await put('session', identifiers.digest(cookie), { userId: id, provenBy: 'password', createdAt, expiresAt });
      return cookie;
    },
    async repository(change = {}) {
      const id = identifiers.random('repo');
      const now = clock.timestamp();
      const record: Repository = {
        name: 'web',
        url: 'https://git.example.invalid/acme/web.git',
        defaultBranch: 'main',
        path: '',
        image: null,
        sealedCredential: null,
        sealedImageCredential: null,
        values: null,
        audience: [],
        createdAt: now,
        updatedAt: now,
        createdBy: { id: 'usr_test', email: 'test@example.invalid' },
        ...change,
      };
      await put('repository', id, record);
      return id;
    },
    async observe(id, change) {
      const found = await store.get(EVERYTHING, 'environment', id);
      if (!found) throw new Error(`There is no environment ${id}.`);
      const writes = [{ op: 'put' as const, kind: 'environment' as const, id, record: change(found.record) }];
      const outcome = await store.commit(writes, [{ kind: 'environment', id, version: found.version }]);
      if (!outcome.committed) throw new Error(`${id} was changed meanwhile.`);
      announcer.announceWrites(writes, outcome.versions);
    },
    async close() {
      if (closed) return;
      closed = true;
      await app.close();
      await announcer.close();
      await bus.close();
      await store.close();
    },
    async dispose() {
      await test.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  const administrator = await test.user('administrator');
  return { ...test, administrator };
}
