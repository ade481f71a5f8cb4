import { mkdtemp, rm } from 'node:fs/promises';
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
} from 'node:http';
import { connect as connectTo, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyFileCipher } from '../../src/adapters/key-file/key-file-cipher.ts';
import { openDatabase } from '../../src/adapters/sqlite/database.ts';
import { createSqliteStore } from '../../src/adapters/sqlite/sqlite-environment-store.ts';
import { createSqliteEventBus } from '../../src/adapters/sqlite/sqlite-event-bus.ts';
import { createRandomIdentifiers } from '../../src/adapters/system/random-identifiers.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { createServerFactory } from '../../src/composition/server.ts';
import { CONDITION_TYPES, setCondition, type ConditionType } from '../../src/core/condition.ts';
import type { ConditionReason } from '../../src/core/diagnosis.ts';
import type { Environment } from '../../src/core/environment.ts';
import { Failure } from '../../src/core/errors.ts';
import { EVERYTHING } from '../../src/core/permissions.ts';
import { withDerivedStatus } from '../../src/core/phase.ts';
import { createGateway, type Gateway, type GatewaySettings } from '../../src/gateway/gateway.ts';
import type { EnvironmentRuntime } from '../../src/ports/environment-runtime.ts';
import type { EnvironmentStore } from '../../src/ports/environment-store.ts';
import { createAnnouncer } from '../../src/services/announcer.ts';
import { createEnvironmentService } from '../../src/services/environment-service.ts';
import { createUnitOfWork, put } from '../../src/services/unit-of-work.ts';
import { sampleEnvironment } from './sample-records.ts';

/** An application behind the gateway: a server of its own, on a port of its own. */
export interface Application {
  readonly port: number;
  readonly server: Server;
  /** Every connection that was ever made to it. */
  readonly connections: Set<Socket>;
  stop(): Promise<void>;
}

export async function startApplication(listener: RequestListener): Promise<Application> {
  const server = createServer({ requestTimeout: 0 }, listener);
  const connections = new Set<Socket>();
  server.on('connection', (socket) => connections.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    server,
    connections,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly text: string;
}

export interface RequestOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
}

/** The gateway in front of a real store, in the server that the product uses, with a runtime that leads to applications of the test. */
export interface PreviewGateway {
  readonly port: number;
  readonly gateway: Gateway;
  readonly store: EnvironmentStore;
  /** Every line that was logged. */
  readonly logged: string[];
  /** Which port serves an environment, by its id. */
  readonly serving: Map<string, { readonly port: number; readonly revision: number }>;
  /** Makes the runtime say that something about an environment may have changed. */
  hint(environmentId: string): void;
  /** Puts an environment that is pending into the store, with its name. */
  create(name: string): Promise<Environment>;
  /** Changes the record, whatever it is now. */
  change(id: string, change: (environment: Environment) => Environment): Promise<Environment>;
  /** Starts an application that goes with `dispose`, and an environment that is ready with it. */
  serve(name: string, listener: RequestListener): Promise<Application>;
  /** Makes it ready, with the application behind it; again: the next revision. */
  deploy(name: string, application: Pick<Application, 'port'>): Promise<Environment>;
  read(id: string): Promise<Environment>;
  ask(name: string, options?: RequestOptions): Promise<Reply>;
  dispose(): Promise<void>;
}

export const COMMIT = 'c0ffee0000000000000000000000000000000000';
export const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'sec-fetch-mode': 'navigate' };

export async function startPreviewGateway(settings: Partial<GatewaySettings> = {}): Promise<PreviewGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'blueberry-gateway-'));
  const database = openDatabase(join(folder, 'blueberry.db'));
  const store = createSqliteStore(database);
  const bus = createSqliteEventBus(database);
  const clock = createSystemClock();
  const logged: string[] = [];
  const note = (fields: object, message: string): void => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const log = { debug: note, info: note, warn: note, error: note };
  const serving: PreviewGateway['serving'] = new Map();
  const hints = new Set<(id: string) => void>();
  const runtime: Pick<EnvironmentRuntime, 'connect' | 'watch'> = {
    async connect({ id }) {
      const found = serving.get(id);
      if (!found) throw new Failure('unavailable', 'Nothing serves it.');
      const connection = connectTo({ host: '127.0.0.1', port: found.port });
      await once(connection, 'connect');
      return { connection, revision: found.revision };
    },
    watch(hint) {
      hints.add(hint);
      return () => hints.delete(hint);
    },
  };
  const announcer = createAnnouncer({ store, bus, clock, log });
  const cipher = createKeyFileCipher({ file: join(folder, 'cipher.key') });
  const environments = createEnvironmentService({
    store,
    bus,
    runtime: runtime as EnvironmentRuntime,
    unitOfWork: createUnitOfWork({ store, announcer, cipher, clock }),
    clock,
    identifiers: createRandomIdentifiers(),
    quotas: { perOwner: 0, total: 0 },
    urlOf: (name) => `http://${name}.localhost`,
  });
  const gateway = createGateway({
    ...{ store, environments, runtime, clock, log },
    settings: {
      previewDomain: 'localhost',
      consoleUrl: 'http://localhost:8000',
      wakeTimeoutMs: 5_000,
      idleSleepMs: 0,
      trustedProxyHops: 0,
      bootstrapToken: null,
      ...settings,
    },
  });
  const server = createServerFactory(gateway)((_request, response) => response.end('console'), {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  async function change(id: string, apply: (environment: Environment) => Environment): Promise<Environment> {
    for (;;) {
      const found = await store.get(EVERYTHING, 'environment', id);
      if (!found) throw new Error(`There is no environment ${id}.`);
      const record = withDerivedStatus(apply(found.record));
      const written = await store.commit(
        [put('environment', id, record)],
        [{ kind: 'environment', id, version: found.version }],
      );
      if (written.committed) return record;
    }
  }

  async function create(name: string): Promise<Environment> {
    const environment = withDerivedStatus(sampleEnvironment({ name }));
    const { id } = environment.metadata;
    await store.commit([put('environment', id, environment), put('name_reservation', name, { environmentId: id })], []);
    return environment;
  }

  async function deploy(name: string, application: Pick<Application, 'port'>): Promise<Environment> {
    const reservation = await store.get(EVERYTHING, 'name_reservation', name);
    const id = reservation?.record.environmentId ?? (await create(name)).metadata.id;
    const revision = (serving.get(id)?.revision ?? 0) + 1;
    serving.set(id, { port: application.port, revision });
    return change(id, (environment) => ready(environment, revision));
  }

  const applications: Application[] = [];

  return {
    port,
    gateway,
    store,
    logged,
    serving,
    hint: (id) => hints.forEach((hint) => hint(id)),
    create,
    change,
    deploy,
    async serve(name, listener) {
      const application = await startApplication(listener);
      applications.push(application);
      await deploy(name, application);
      return application;
    },
    async read(id) {
      const found = await store.get(EVERYTHING, 'environment', id);
      if (!found) throw new Error(`There is no environment ${id}.`);
      return found.record;
    },
    ask: (name, options = {}) => ask(port, `${name}.localhost:${String(port)}`, options),
    async dispose() {
      await gateway.close();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      for (const application of applications) if (application.server.listening) await application.stop();
      await announcer.close();
      await bus.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** As the controller leaves it when this revision is in place and answers. */
export function ready(environment: Environment, revision: number): Environment {
  const [component] = environment.spec.components;
  const spec = { ...environment.spec, revision, components: [{ ...component, commit: COMMIT }] as const };
  const conditions = CONDITION_TYPES.filter((type) => type !== 'Removed').reduce(
    (before, type) => withCondition(before, type, 'Done', 'Good.', revision),
    environment.status.conditions,
  );
  return { ...environment, spec, status: { ...environment.status, conditions, serving: { revision, commit: COMMIT } } };
}

export function withCondition(
  conditions: Environment['status']['conditions'],
  type: ConditionType,
  reason: ConditionReason,
  message: string,
  observedRevision: number,
): Environment['status']['conditions'] {
  const status = reason === 'Done' || reason === 'Asleep' ? 'True' : 'False';
  return setCondition(conditions, { type, status, reason, message, observedRevision }, new Date().toISOString());
}

/** One request over a connection of its own, to this machine, for any host. */
export function ask(port: number, host: string, options: RequestOptions = {}): Promise<Reply> {
  const { method = 'GET', path = '/', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { host: '127.0.0.1', port, method, path, agent: false, headers: { host, ...(headers as object) } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode = 0, headers: received, rawHeaders } = response;
          resolve({ status: statusCode, headers: received, rawHeaders, text });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
