import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGitRepositories } from '../../src/adapters/git/git-repositories.ts';
import { createKeyFileCipher } from '../../src/adapters/key-file/key-file-cipher.ts';
import { createLocalAuthenticator } from '../../src/adapters/local-auth/local-authenticator.ts';
import { openDatabase } from '../../src/adapters/sqlite/database.ts';
import { createSqliteStore } from '../../src/adapters/sqlite/sqlite-environment-store.ts';
import { createSqliteEventBus } from '../../src/adapters/sqlite/sqlite-event-bus.ts';
import { createRandomIdentifiers } from '../../src/adapters/system/random-identifiers.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import {
  DEFAULT_RATE_LIMITS,
  DEFAULT_STREAM_SETTINGS,
  type HttpParts,
  type HttpSettings,
  type StreamSettings,
} from '../../src/http/parts.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { EnvironmentRuntime } from '../../src/ports/environment-runtime.ts';
import type { EnvironmentStore } from '../../src/ports/environment-store.ts';
import type { EventBus } from '../../src/ports/event-bus.ts';
import { createAnnouncer, type Announcer } from '../../src/services/announcer.ts';
import { createConfigSetService } from '../../src/services/config-set-service.ts';
import { createEnvironmentService } from '../../src/services/environment-service.ts';
import { createRepositoryService } from '../../src/services/repository-service.ts';
import { createSessionService } from '../../src/services/session-service.ts';
import { createTokenService } from '../../src/services/token-service.ts';
import { createUnitOfWork } from '../../src/services/unit-of-work.ts';
import { createUserService } from '../../src/services/user-service.ts';
import { assetFolder } from '../../scripts/build-assets.ts';
import { createScriptedRuntime } from './scripted-runtime.ts';

export interface TestPartsOptions {
  readonly settings?: Partial<HttpSettings>;
  readonly stream?: Partial<StreamSettings>;
  readonly quotas?: { readonly perOwner: number; readonly total: number };
  readonly runtime?: EnvironmentRuntime;
  readonly clock?: Clock;
  /** Puts something between the product and its store, such as a disk that is full. */
  readonly decorateStore?: (store: EnvironmentStore) => EnvironmentStore;
  /** Puts something between the product and its event bus, such as a network that is cut. */
  readonly decorateBus?: (bus: EventBus) => EventBus;
  /** Announcements that the event bus keeps. */
  readonly keep?: number;
  readonly readiness?: HttpParts['readiness'];
}

export interface LoggedLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export interface TestParts {
  readonly parts: HttpParts;
  readonly announcer: Announcer;
  /** Everything that was logged. */
  readonly log: readonly LoggedLine[];
}

/** What the HTTP edge needs, over the real store, bus, Git, cipher and sign-in in a folder. */
export async function createTestParts(folder: string, options: TestPartsOptions): Promise<TestParts> {
  const database = openDatabase(join(folder, 'blueberry.db'));
  const store = (options.decorateStore ?? ((plain) => plain))(createSqliteStore(database));
  const plainBus = createSqliteEventBus(database, options.keep === undefined ? {} : { keep: options.keep });
  const bus = (options.decorateBus ?? ((plain) => plain))(plainBus);
  const clock = options.clock ?? createSystemClock();
  const identifiers = createRandomIdentifiers();
  const cipher = createKeyFileCipher({ file: join(folder, 'cipher.key') });
  const log: LoggedLine[] = [];
  const logger = loggerInto(log);
  const authenticator = createLocalAuthenticator({ store, clock, identifiers });
  const git = createGitRepositories({
    folder: join(folder, 'repositories'),
    policy: { allowLocal: true, privateHosts: [] },
    userEnvironment: { PATH: process.env['PATH'] ?? '' },
  });
  const announcer = createAnnouncer({ store, bus, clock, log: logger });
  const unitOfWork = createUnitOfWork({ store, announcer, cipher, clock });
  const runtime = options.runtime ?? createScriptedRuntime(clock);
  const common = { store, unitOfWork, clock, identifiers };
  const parts: HttpParts = {
    environments: createEnvironmentService({
      ...common,
      bus,
      runtime,
      quotas: options.quotas ?? { perOwner: 0, total: 0 },
      urlOf: (name) => `http://${name}.localhost:8000`,
    }),
    repositories: createRepositoryService({ ...common, git, cipher, allowLocal: true }),
    configSets: createConfigSetService({ ...common, cipher }),
    tokens: createTokenService(common),
    users: createUserService({ ...common, authenticator, accounts: authenticator }),
    sessions: createSessionService({ store, authenticator, clock, identifiers, log: logger }),
    bus,
    store,
    clock,
    identifiers,
    log: logger,
    settings: {
      publicUrl: 'http://localhost:8000',
      consoleHosts: [],
      secureCookies: false,
      environment: 'development',
      version: '0.0.0-test',
      trustedProxyHops: 0,
      rateLimits: { ...DEFAULT_RATE_LIMITS, writesPerMinute: 100_000 },
      stream: { ...DEFAULT_STREAM_SETTINGS, ...options.stream },
      ...options.settings,
    },
    assets: { folder: assetFolder, manifest: await readManifest() },
    readiness: options.readiness ?? (() => Promise.resolve([{ name: 'store', ok: true, message: 'Answers.' }])),
    hasConsole: true,
    placementOf: ({ metadata }) => ({ cluster: 'local', namespace: metadata.name, application: metadata.name }),
  };
  return { parts, announcer, log };
}

function loggerInto(lines: LoggedLine[]): HttpParts['log'] {
  const write = (level: LoggedLine['level']) => (fields: object, message: string) => {
    lines.push({ level, fields: fields as LoggedLine['fields'], message });
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** Built before the tier runs; the API does without. */
async function readManifest(): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(join(assetFolder, 'manifest.json'), 'utf8').catch(() => '{}');
  return JSON.parse(text) as Record<string, string>;
}
