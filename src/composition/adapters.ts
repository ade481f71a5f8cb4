import { join } from 'node:path';
import { createGitRepositories } from '../adapters/git/git-repositories.ts';
import { createWorktreeCheckouts } from '../adapters/git/worktree-checkouts.ts';
import { createKeyFileCipher } from '../adapters/key-file/key-file-cipher.ts';
import { createLocalAuthenticator } from '../adapters/local-auth/local-authenticator.ts';
import { createLocalProcessRuntime } from '../adapters/local-process/local-process-runtime.ts';
import { createOciImageResolver } from '../adapters/oci-registry/oci-image-resolver.ts';
import { openDatabase } from '../adapters/sqlite/database.ts';
import { createSqliteElection } from '../adapters/sqlite/sqlite-election.ts';
import { createSqliteStore } from '../adapters/sqlite/sqlite-environment-store.ts';
import { createSqliteEventBus } from '../adapters/sqlite/sqlite-event-bus.ts';
import { createRandomIdentifiers } from '../adapters/system/random-identifiers.ts';
import { createSystemClock } from '../adapters/system/system-clock.ts';
import { createYamlRepositoryFileReader } from '../adapters/yaml/yaml-repository-file-reader.ts';
import { previewUrl, type Config } from '../config/config.ts';
import { kubernetesName } from '../core/naming.ts';
import type { HttpParts } from '../http/parts.ts';
import type { ClusterDecoration, ClusterSurroundings } from './cluster.ts';
import { openEnvironmentsFolder } from './environments-folder.ts';
import { PACKAGE_ROOT } from './package-root.ts';
import type { Authenticator, LocalAccounts } from '../ports/authenticator.ts';
import type { Cipher } from '../ports/cipher.ts';
import type { Clock } from '../ports/clock.ts';
import type { Election } from '../ports/election.ts';
import type { EnvironmentRuntime } from '../ports/environment-runtime.ts';
import type { EnvironmentStore } from '../ports/environment-store.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { GitRepositories } from '../ports/git-repositories.ts';
import type { ImageResolver } from '../ports/image-resolver.ts';
import type { Identifiers } from '../ports/identifiers.ts';
import type { Log } from '../ports/log.ts';
import type { RepositoryFileReader } from '../ports/repository-file-reader.ts';

export type Placement = HttpParts['placementOf'];

/** One adapter for each port, as the configuration chooses. */
export interface Adapters {
  readonly store: EnvironmentStore;
  readonly bus: EventBus;
  readonly election: Election;
  readonly runtime: EnvironmentRuntime;
  /** Where an environment is, for people. */
  readonly placementOf: Placement;
  readonly git: GitRepositories;
  /** Null where the runtime builds from source. */
  readonly images: ImageResolver | null;
  readonly authenticator: Authenticator & LocalAccounts;
  readonly cipher: Cipher;
  readonly repositoryFiles: RepositoryFileReader;
  readonly clock: Clock;
  readonly identifiers: Identifiers;
  readonly log: Log;
  /** Ends what a runtime on this machine has started; where there is none, nothing. */
  readonly endProcesses: () => Promise<void>;
}

/** What runs environments, and who leads. */
interface Runtime {
  readonly runtime: EnvironmentRuntime;
  readonly election: Election;
  readonly placementOf: Placement;
  readonly endProcesses: () => Promise<void>;
}

/** Replaces parts of the product, for tests that cut it off in the middle of something. */
export interface Decoration extends ClusterDecoration {
  readonly adapters?: (adapters: Adapters) => Adapters;
}

export interface Surroundings {
  readonly log: Log;
  /** The user's own environment is handed on to those adapters that start other programs. */
  readonly userEnvironment: Readonly<Record<string, string>>;
  readonly decoration: Decoration;
}

/** Opens what is embedded, and the way to what is not. Fails with a `ConfigError`. */
export async function openAdapters(
  config: Config,
  { log, userEnvironment, decoration }: Surroundings,
): Promise<Adapters> {
  const clock = createSystemClock();
  const identifiers = createRandomIdentifiers();
  const surroundings = { clock, log, userEnvironment, decoration };
  const isCluster = config.runtime === 'argocd';
  const runtime = isCluster ? await openClusterRuntime(config, surroundings) : openLocalRuntime(config, surroundings);
  const database = openDatabase(join(config.dataDir, 'blueberry.db'));
  const store = createSqliteStore(database);
  return {
    ...runtime,
    store,
    bus: createSqliteEventBus(database),
    git: createGitRepositories({
      folder: join(config.dataDir, 'repositories'),
      userEnvironment,
      policy: {
        allowLocal: config.environment === 'development',
        privateHosts: config.allowedPrivateRepositoryHosts,
      },
    }),
    images: isCluster ? openImageResolver(config, clock) : null,
    authenticator: createLocalAuthenticator({ store, clock, identifiers }),
    cipher: createKeyFileCipher({ file: join(config.dataDir, 'cipher.key') }),
    repositoryFiles: createYamlRepositoryFileReader(),
    clock,
    identifiers,
    log,
  };
}

function openLocalRuntime(
  config: Config,
  { clock, log, userEnvironment }: Omit<ClusterSurroundings, 'decoration'>,
): Runtime {
  const runtime = createLocalProcessRuntime({
    folder: openEnvironmentsFolder({ dataDir: config.dataDir, packageRoot: PACKAGE_ROOT, userEnvironment }),
    checkouts: createWorktreeCheckouts({ folder: join(config.dataDir, 'repositories'), userEnvironment }),
    clock,
    log,
    hostOf: (name) => new URL(previewUrl(config, name)).host,
    userEnvironment,
    limits: { concurrentBuilds: config.concurrentBuilds, deployDeadlineMs: config.deployDeadlineMs },
  });
  return {
    runtime,
    election: createSqliteElection({ file: join(config.dataDir, 'leader.lock'), clock }),
    placementOf: ({ metadata }) => ({ cluster: 'local', namespace: metadata.name, application: metadata.name }),
    endProcesses: () => runtime.stopAll(),
  };
}

async function openClusterRuntime(config: Config, surroundings: ClusterSurroundings): Promise<Runtime> {
  // Loaded only where it is chosen: the client of Kubernetes takes a second and much memory.
  const { openCluster } = await import('./cluster.ts');
  const { runtime, election, clusterName } = await openCluster(config, surroundings);
  return {
    runtime,
    election,
    placementOf({ metadata }) {
      const name = kubernetesName(metadata.name, metadata.id);
      return { cluster: clusterName, namespace: name, application: name };
    },
    endProcesses: () => Promise.resolve(),
  };
}

function openImageResolver(config: Config, clock: Clock): ImageResolver {
  const allowLoopback = config.environment === 'development';
  return createOciImageResolver({ policy: { privateHosts: config.allowedPrivateRegistryHosts, allowLoopback }, clock });
}
