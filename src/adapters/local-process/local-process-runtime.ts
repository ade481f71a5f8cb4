import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EnvironmentKey, EnvironmentRuntime } from '../../ports/environment-runtime.ts';
import type { Log } from '../../ports/log.ts';
import { createBuildQueue } from './build-queue.ts';
import { readEnvironmentLogs } from './environment-logs.ts';
import { createFreePorts } from './free-ports.ts';
import { openLocalEnvironment, type LocalEnvironment } from './local-environment.ts';
import type { EnvironmentRecord } from './observation.ts';
import { openConnection } from './probe.ts';
import { createProcessCleanup } from './process-cleanup.ts';
import { createRemovedLogs } from './removed-logs.ts';
import {
  DEFAULT_LIMITS,
  DEFAULT_TIMING,
  type RuntimeLimits,
  type RuntimeParts,
  type RuntimeTiming,
} from './runtime-parts.ts';
import type { SourceCheckouts } from './source-checkouts.ts';
import { readState } from './state-files.ts';

export interface LocalProcessRuntimeOptions {
  /** Where everything of the environments is kept. */
  readonly folder: string;
  readonly checkouts: SourceCheckouts;
  readonly clock: Clock;
  readonly log: Log;
  /** The Host header of probes: what a browser would send. */
  readonly hostOf: (name: string) => string;
  /** The user's own environment; commands get the harmless part of it. */
  readonly userEnvironment: Readonly<Record<string, string>>;
  readonly limits?: Partial<RuntimeLimits>;
  readonly timing?: Partial<RuntimeTiming>;
}

export interface LocalProcessRuntime extends EnvironmentRuntime {
  /** Ends the processes of all environments and leaves everything else, so that a later start brings them up again. */
  stopAll(): Promise<void>;
}

const CONCURRENT_CHECKOUTS = 4;
const ENVIRONMENT_FOLDER = /^env_[a-z0-9]+$/;

/** Environments as processes on this machine, with the rights of whoever runs Blueberry. */
export function createLocalProcessRuntime(options: LocalProcessRuntimeOptions): LocalProcessRuntime {
  const { folder, clock } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  const parts: RuntimeParts = {
    checkouts: options.checkouts,
    clock,
    log: options.log,
    hostOf: options.hostOf,
    userEnvironment: options.userEnvironment,
    limits,
    timing,
    builds: createBuildQueue(limits.concurrentBuilds),
    checkoutSlots: createBuildQueue(CONCURRENT_CHECKOUTS),
    ports: createFreePorts(),
    cleanup: createProcessCleanup(clock, timing.grace),
    removedLogs: createRemovedLogs(join(folder, '.removed-logs'), clock, options.log),
    compileCache: join(folder, '.compile-cache'),
  };
  const open = new Map<string, Promise<LocalEnvironment>>();
  const listeners = new Set<(environmentId: string) => void>();

  function environmentOf(key: EnvironmentKey): Promise<LocalEnvironment> {
    let environment = open.get(key.id);
    if (!environment) {
      environment = openLocalEnvironment(parts, join(folder, key.id), key, () => {
        for (const listener of listeners) listener(key.id);
      });
      open.set(key.id, environment);
      environment.catch(() => open.delete(key.id));
    }
    return environment;
  }

  async function list(): Promise<EnvironmentKey[]> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const names = (await readdir(folder)).filter((name) => ENVIRONMENT_FOLDER.test(name));
    return Promise.all(
      names.map(async (id) => ({
        id,
        name: (await readState<EnvironmentRecord>(join(folder, id, 'environment.json')))?.name ?? '',
      })),
    );
  }

  return {
    ensure: async (desired) => (await environmentOf(desired.key)).ensure(desired),
    observe: async (key) => (await environmentOf(key)).observe(),
    async remove(key) {
      const observation = await (await environmentOf(key)).remove();
      if (observation.presence === 'absent') open.delete(key.id);
      return observation;
    },
    list,
    watch(hint) {
      listeners.add(hint);
      return () => {
        listeners.delete(hint);
      };
    },
    async *logs(key, query) {
      yield* readEnvironmentLogs(await environmentOf(key), parts.removedLogs.pathsOf(key.id), clock, query);
    },
    async connect(key) {
      const serving = (await environmentOf(key)).serving();
      if (!serving)
        throw new Failure('unavailable', `Nothing serves ${key.name} at the moment.`, { retryAfterSeconds: 1 });
      try {
        return {
          connection: await openConnection(serving.where.address, serving.where.port),
          revision: serving.revision,
        };
      } catch (error) {
        throw new Failure('unavailable', `${key.name} does not take connections at the moment.`, {
          retryAfterSeconds: 1,
          cause: error,
        });
      }
    },
    async check() {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    },
    async close() {
      listeners.clear();
      parts.removedLogs.close();
      for (const environment of open.values()) await (await environment).letBe();
    },
    async stopAll() {
      listeners.clear();
      await Promise.all((await list()).map(async (key) => (await environmentOf(key)).endProcesses()));
    },
  };
}
