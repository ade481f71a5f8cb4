import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGitRepositories } from '../../src/adapters/git/git-repositories.ts';
import { createKeyFileCipher } from '../../src/adapters/key-file/key-file-cipher.ts';
import { openDatabase } from '../../src/adapters/sqlite/database.ts';
import { createSqliteStore } from '../../src/adapters/sqlite/sqlite-environment-store.ts';
import { createSqliteEventBus } from '../../src/adapters/sqlite/sqlite-event-bus.ts';
import { createRandomIdentifiers } from '../../src/adapters/system/random-identifiers.ts';
import { createYamlRepositoryFileReader } from '../../src/adapters/yaml/yaml-repository-file-reader.ts';
import { createBackgroundTasks } from '../../src/controllers/background-tasks.ts';
import { createImageLookups } from '../../src/controllers/image-lookups.ts';
import { takeOver } from '../../src/controllers/leader.ts';
import { reconcileEnvironment } from '../../src/controllers/reconcile-environment.ts';
import type { ReconcileContext, ReconcileSettings } from '../../src/controllers/reconcile-context.ts';
import type { NextLook } from '../../src/controllers/work-queue.ts';
import type { Environment } from '../../src/core/environment.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { EVERYTHING, SCOPES, type Actor } from '../../src/core/permissions.ts';
import type { EnvironmentStore } from '../../src/ports/environment-store.ts';
import type { EventBus } from '../../src/ports/event-bus.ts';
import type { GitRepositories } from '../../src/ports/git-repositories.ts';
import type { ImageResolver } from '../../src/ports/image-resolver.ts';
import { createAnnouncer, type Announcer } from '../../src/services/announcer.ts';
import { createConfigSetService, type ConfigSetService } from '../../src/services/config-set-service.ts';
import { createEnvironmentService, type EnvironmentService } from '../../src/services/environment-service.ts';
import { createRepositoryService, type RepositoryService } from '../../src/services/repository-service.ts';
import { createUnitOfWork } from '../../src/services/unit-of-work.ts';
import { createScriptedRuntime, type ScriptedRuntime } from './scripted-runtime.ts';
import { steppedClock, type SteppedClock } from './stepped-clock.ts';

export const ADMINISTRATOR: Actor = {
  userId: 'usr_admin',
  email: 'admin@example.invalid',
  role: 'administrator',
  scopes: new Set(SCOPES),
  via: 'session',
  tokenId: null,
};

/** Real store, event bus, Git and cipher under the use cases and the steps of the controller; time and the runtime are the test's. */
export interface ControlPlane {
  readonly clock: SteppedClock;
  readonly store: EnvironmentStore;
  readonly bus: EventBus;
  readonly git: GitRepositories;
  readonly announcer: Announcer;
  readonly runtime: ScriptedRuntime;
  readonly environments: EnvironmentService;
  readonly repositories: RepositoryService;
  readonly configSets: ConfigSetService;
  readonly context: ReconcileContext;
  /** Becomes the leader anew, as one that has just been started: contexts from before are stale then. */
  takeOver(): Promise<ReconcileContext>;
  reconcile(id: string, context?: ReconcileContext): Promise<NextLook>;
  /** Reconciles until nothing asks for an immediate next look. */
  settle(id: string, context?: ReconcileContext): Promise<Environment>;
  read(id: string): Promise<Environment>;
  /** Removes what was fetched of repositories, as after a restore from a backup of the records alone. */
  removeFetched(): Promise<void>;
  dispose(): Promise<void>;
}

export interface ControlPlaneOptions {
  readonly decorateStore?: (store: EnvironmentStore) => EnvironmentStore;
  /** Whose time a fetch is waited for; by default for as long as it takes. */
  readonly patience?: (clock: SteppedClock) => Clock;
  /** The environment that Git runs in, besides PATH. */
  readonly gitEnvironment?: Readonly<Record<string, string>>;
  readonly settings?: Partial<ReconcileSettings>;
  readonly quotas?: { readonly perOwner: number; readonly total: number };
  /** Left out: the runtime builds from source. */
  readonly images?: ImageResolver;
}

export async function createControlPlane({
  settings = {},
  quotas = { perOwner: 0, total: 0 },
  patience: patienceOf = systemPatience,
  gitEnvironment = {},
  decorateStore = (store) => store,
  images,
}: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const folder = await mkdtemp(join(tmpdir(), 'blueberry-plane-'));
  const clock = steppedClock(Date.now());
  const patience = patienceOf(clock);
  const database = openDatabase(join(folder, 'blueberry.db'));
  const store = decorateStore(createSqliteStore(database));
  const bus = createSqliteEventBus(database);
  const identifiers = createRandomIdentifiers();
  const cipher = createKeyFileCipher({ file: join(folder, 'cipher.key') });
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const openGit = (): GitRepositories =>
    createGitRepositories({
      folder: join(folder, 'repositories'),
      policy: { allowLocal: true, privateHosts: ['localhost'] },
      userEnvironment: { PATH: process.env['PATH'] ?? '', ...gitEnvironment },
    });
  const git = openGit();
  const announcer = createAnnouncer({ store, bus, clock, log });
  const unitOfWork = createUnitOfWork({ store, announcer, cipher, clock });
  const runtime = createScriptedRuntime(clock);
  const urlOf = (name: string): string => `http://${name}.localhost:8000`;
  const common = { store, unitOfWork, clock, identifiers };

  async function lead(git: GitRepositories): Promise<ReconcileContext> {
    return {
      store,
      runtime,
      git,
      images: images ?? null,
      imageLookups:
        images === undefined
          ? null
          : createImageLookups(
              images,
              clock,
              createBackgroundTasks(patience, 10_000, () => undefined),
            ),
      cipher,
      repositoryFiles: createYamlRepositoryFileReader(),
      announcer,
      clock,
      identifiers,
      log,
      fence: await takeOver(store, 'test', clock),
      deployments: new Map(),
      refetched: new Set(),
      startedAt: clock.now(),
      lastSeen: new Map(),
      fetches: createBackgroundTasks(patience, 10_000, () => undefined),
      settings: { deployDeadlineMs: 600_000, idleSleepMs: 0, pollLocalMs: 2_000, pollRemoteMs: 60_000, ...settings },
    };
  }

  const context = await lead(git);
  const plane: ControlPlane = {
    clock,
    store,
    bus,
    git,
    announcer,
    runtime,
    environments: createEnvironmentService({ ...common, bus, runtime, quotas, urlOf }),
    repositories: createRepositoryService({ ...common, git, cipher, allowLocal: true }),
    configSets: createConfigSetService({ ...common, cipher }),
    context,
    takeOver: () => lead(openGit()),
    reconcile: (id, as = context) => reconcileEnvironment(as, id),
    async settle(id, as = context) {
      for (let looks = 0; looks < 20; looks += 1) {
        const next = await reconcileEnvironment(as, id);
        if (next === null || next.afterMs > 1) break;
      }
      return plane.read(id);
    },
    async read(id) {
      const found = await store.get(EVERYTHING, 'environment', id);
      if (!found) throw new Error(`${id} is not there`);
      return found.record;
    },
    removeFetched: () => rm(join(folder, 'repositories'), { recursive: true }),
    async dispose() {
      await announcer.close();
      await bus.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return plane;
}

/** Fetching takes real time, which the stepped clock does not tell: its patience is not what is tested. */
function systemPatience(clock: SteppedClock): SteppedClock {
  return {
    ...clock,
    sleep: (_milliseconds, signal) =>
      new Promise((resolve) =>
        signal?.addEventListener('abort', () => {
          resolve();
        }),
      ),
  };
}
