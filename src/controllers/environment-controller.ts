import type { Environment } from '../core/environment.ts';
import { millisecondsUntil } from '../core/ttl.ts';
import type { Election } from '../ports/election.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { Precondition } from '../ports/environment-store.ts';
import type { EnvironmentService } from '../services/environment-service.ts';
import { LeadershipLost } from '../services/unit-of-work.ts';
import { createBackgroundTasks } from './background-tasks.ts';
import { watchBranches } from './branch-watcher.ts';
import { createImageLookups } from './image-lookups.ts';
import { takeOver } from './leader.ts';
import { createLivingEnvironments } from './living-environments.ts';
import { sweepOrphans } from './orphan-sweep.ts';
import { reconcileEnvironment } from './reconcile-environment.ts';
import type { ReconcileContext, ReconcileParts } from './reconcile-context.ts';
import { createWorkQueue } from './work-queue.ts';

export interface EnvironmentControllerParts extends ReconcileParts {
  readonly bus: EventBus;
  readonly election: Election;
  /** The use cases, writing only as long as the fence holds. */
  readonly fencedEnvironments: (fence: Precondition) => EnvironmentService;
  readonly deleteGoneBranches: boolean;
  /** Who this replica is, for people. */
  readonly holder: string;
  readonly stats: ControllerStats;
}

/** What the controller counts, for those who watch it. */
export interface ControllerStats {
  leading: boolean;
  reconciles: number;
  failures: number;
  /** Keys that wait or are worked on. */
  queued: () => number;
}

export function createControllerStats(): ControllerStats {
  return { leading: false, reconciles: 0, failures: 0, queued: () => 0 };
}

const CONCURRENT_RECONCILES = 8;
/** What is quick to fetch is fetched within one reconcile. */
const FETCH_PATIENCE_MS = 400;
const RESYNC_MS = 5 * 60_000;
const SWEEP_MS = 5 * 60_000;
const HOUSEKEEPING_MS = 30_000;
const PURGE_BATCH = 500;
const RETRY_LEADING_MS = 1_000;

/** Leads when elected, and makes the world match the records. Resolves when the signal has aborted and all has ended. */
export async function runEnvironmentController(parts: EnvironmentControllerParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const leadership = await parts.election.campaign(signal);
      try {
        await lead(parts, AbortSignal.any([signal, leadership.signal]));
      } finally {
        await leadership.resign();
      }
    } catch (error) {
      if (signal.aborted) return;
      parts.log.error({ error: describe(error) }, 'The controller stopped leading; it campaigns again.');
      await parts.clock.sleep(RETRY_LEADING_MS, signal);
    }
  }
}

async function lead(parts: EnvironmentControllerParts, stop: AbortSignal): Promise<void> {
  const { store, bus, runtime, clock, log, stats } = parts;
  const ended = new AbortController();
  const signal = AbortSignal.any([stop, ended.signal]);
  const fence = await takeOver(store, parts.holder, clock);
  const context: ReconcileContext = {
    ...parts,
    fence,
    deployments: new Map(),
    refetched: new Set(),
    startedAt: clock.now(),
    lastSeen: new Map(),
    fetches: createBackgroundTasks(clock, FETCH_PATIENCE_MS, (key) => {
      queue.add(key);
    }),
    imageLookups:
      parts.images &&
      createImageLookups(
        parts.images,
        clock,
        createBackgroundTasks(clock, FETCH_PATIENCE_MS, (key) => {
          queue.add(key);
        }),
      ),
  };
  const queue = createWorkQueue({
    clock,
    concurrency: CONCURRENT_RECONCILES,
    work: async (key) => {
      const next = await reconcileEnvironment(context, key);
      stats.reconciles += 1;
      return next;
    },
    onError(key, error) {
      stats.failures += 1;
      if (error instanceof LeadershipLost) ended.abort();
      else log.error({ environment: key, error: describe(error) }, 'A reconcile failed; it is tried again.');
    },
  });
  stats.queued = () => queue.size;
  stats.leading = true;
  const living = createLivingEnvironments(store, bus, (id) => {
    queue.add(id);
  });
  const stopWatching = runtime.watch((id) => {
    queue.add(id);
  });
  const environments = parts.fencedEnvironments(fence);
  const settings = { ...parts.settings, deleteGoneBranches: parts.deleteGoneBranches };
  try {
    const ends = await Promise.allSettled([
      endWith(ended, living.follow(signal)),
      endWith(ended, watchBranches({ ...parts, environments, living, settings }, signal)),
      endWith(
        ended,
        everyTick(parts, signal, RESYNC_MS, () => living.resync()),
      ),
      endWith(
        ended,
        everyTick(parts, signal, SWEEP_MS, async () => {
          await sweepOrphans({ ...parts, living }, signal);
        }),
      ),
      endWith(
        ended,
        everyTick(parts, signal, HOUSEKEEPING_MS, async () => {
          // Timers stand still while the machine is suspended, and would come late by as much.
          for (const { id, record } of living.values()) if (isOverdue(record, clock.now())) queue.add(id);
          await parts.announcer.announceMissed();
          await store.purgeExpired(clock.timestamp(), PURGE_BATCH);
        }),
      ),
    ]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  } finally {
    stats.leading = false;
    stopWatching();
    context.fetches.cancelAll();
    context.imageLookups?.cancelAll();
    await queue.drain();
  }
}

/** Whether its time to live is over, by the wall clock that its `expires_at` was told by. */
function isOverdue({ metadata, spec }: Environment, nowMs: number): boolean {
  return metadata.deletionTimestamp === null && millisecondsUntil(spec.expiresAt, nowMs) <= 0;
}

/** The parts of leading stand and fall together: when one ends, all are told to, and are waited for. */
async function endWith(ended: AbortController, part: Promise<void>): Promise<void> {
  try {
    await part;
  } finally {
    ended.abort();
  }
}

/** Does `work` now and then again and again; a failure is logged and costs only this time. */
async function everyTick(
  { clock, log }: EnvironmentControllerParts,
  signal: AbortSignal,
  periodMs: number,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      log.warn({ error: describe(error) }, 'A periodic check failed; it is done again later.');
    }
    await clock.sleep(periodMs, signal);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
