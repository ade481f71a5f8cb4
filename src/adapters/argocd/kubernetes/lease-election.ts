import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../ports/clock.ts';
import type { Election, Leadership } from '../../../ports/election.ts';
import type { Log } from '../../../ports/log.ts';
import type { KubernetesClient } from './kubernetes-client.ts';
import { isKubernetesFailure } from './kubernetes-failure.ts';
import { createLeaseRecord, type HeldLease, type LeaseRecord } from './lease-record.ts';

export interface LeaseElectionOptions {
  /** Best one that nothing else uses, so that no burst of calls delays a renewal. */
  readonly client: Pick<KubernetesClient, 'get' | 'create' | 'patchJson'>;
  readonly namespace: string;
  /** Of the Lease, which is made where there is none. */
  readonly name: string;
  /** What `leader()` says of this process; unlike that of any other replica. */
  readonly holder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly timing?: LeaseTiming;
}

export interface LeaseTiming {
  /** In whole seconds: for so long after its last sign of life nobody takes over from a leader. */
  readonly leaseSeconds: number;
  /** Less than the lease: a leader that could not renew it for so long leads no more. */
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
}

export interface LeaseElection extends Election {
  /**
   * Whether this process leads at this very moment: by the monotonic clock, which goes on while a process is stopped, so
   * that it is right also before anything else has noticed.
   */
  leads(): boolean;
}

/** As Kubernetes' own components have it, so that a takeover takes less than 20 seconds. */
const TIMING: LeaseTiming = { leaseSeconds: 15, renewDeadlineMs: 10_000, retryMs: 2_000 };

/**
 * Whoever has renewed the Lease last leads. The rules are those of client-go's leader election: the clocks of others
 * are never trusted; a candidate takes over when it has itself seen the Lease unchanged for the lease's duration, and
 * a leader whose last renewal, counted from before it was sent, is older than the shorter deadline stops by itself.
 * A process that is stopped in between may go on for a moment after it wakes up: what it writes has to be fenced, and
 * where nothing compares a fence it asks `leads()` first.
 */
export function createLeaseElection(options: LeaseElectionOptions): LeaseElection {
  const { clock, log } = options;
  const timing = options.timing ?? TIMING;
  const record = createLeaseRecord({ ...options, leaseSeconds: timing.leaseSeconds });
  const observer = observe(timing);
  let leadership: HeldLeadership | null = null;

  return {
    leads: () => leadership?.holds() ?? false,
    async campaign(signal) {
      // Each campaign is a candidate of its own: the Lease of a predecessor with the same name is not ours.
      const identity = `${options.holder} ${randomUUID().slice(0, 8)}`;
      const observed = observe(timing);
      let said = '';
      for (;;) {
        signal.throwIfAborted();
        let waitMs = timing.retryMs * (1 + Math.random() / 4);
        try {
          const held = await tryToLead(record, identity, observed, signal);
          if (held && signal.aborted) await record.release(held).catch(() => undefined);
          else if (held) return (leadership = lead(record, held, timing, clock, log));
          waitMs = Math.min(waitMs, observed.remainingMs());
        } catch (error) {
          signal.throwIfAborted();
          if (!isKubernetesFailure(error)) throw error;
          const { message } = error as Error;
          if (message !== said) log.warn({ lease: options.name }, `Can't take part in the election. ${message}`);
          said = message;
        }
        await clock.sleep(waitMs, signal);
      }
    },
    async leader() {
      const lease = await record.read();
      observer.see(lease);
      return observer.remainingMs() > 0 ? (lease?.holder ?? null) : null;
    },
  };
}

/** Null while somebody else leads. */
async function tryToLead(
  record: LeaseRecord,
  identity: string,
  observed: Observer,
  signal: AbortSignal,
): Promise<HeldLease | null> {
  const sentAt = performance.now();
  const lease = await record.read(signal);
  observed.see(lease);
  if (lease === null) return record.create(identity, sentAt, signal);
  if (observed.remainingMs() > 0 && lease.holder !== identity) return null;
  return record.take(lease, identity, sentAt, signal);
}

interface Observer {
  see(
    lease: { readonly holder: string | null; readonly resourceVersion: string; readonly seconds: number } | null,
  ): void;
  /** For how long what was seen last has still to be respected. */
  remainingMs(): number;
}

/** Counts, by the monotonic clock of this machine, for how long the Lease has not changed. */
function observe({ leaseSeconds }: LeaseTiming): Observer {
  let version: string | null = null;
  let until = 0;
  return {
    see(lease) {
      if (lease === null || lease.holder === null) until = 0;
      else if (lease.resourceVersion !== version)
        until = performance.now() + Math.max(lease.seconds, leaseSeconds) * 1000;
      version = lease?.resourceVersion ?? null;
    },
    remainingMs: () => Math.max(0, until - performance.now()),
  };
}

interface HeldLeadership extends Leadership {
  holds(): boolean;
}

/** Renews in the background until leadership is given up or lost. */
function lead(record: LeaseRecord, first: HeldLease, timing: LeaseTiming, clock: Clock, log: Log): HeldLeadership {
  const ended = new AbortController();
  const stopped = new AbortController();
  let held = first;

  function lose(reason: string): void {
    if (ended.signal.aborted) return;
    log.warn({ lease: record.name }, `Leads no more: ${reason}`);
    ended.abort();
    stopped.abort();
  }

  /** The deadline is of the moment at which the last renewal that succeeded was sent. */
  const leftMs = (): number => held.renewedAt + timing.renewDeadlineMs - performance.now();

  function deadline(): () => void {
    const seconds = String(timing.renewDeadlineMs / 1000);
    return clock.schedule(Math.max(0, leftMs()), () => lose(`the Lease could not be renewed for ${seconds} seconds.`));
  }

  async function keep(): Promise<void> {
    let cancel = deadline();
    while (!stopped.signal.aborted) {
      await clock.sleep(timing.retryMs, stopped.signal);
      if (stopped.signal.aborted) break;
      try {
        const renewed = await record.renew(held, timing.renewDeadlineMs / 3, stopped.signal);
        if (renewed === null) {
          lose('another one has taken the Lease.');
          break;
        }
        held = renewed;
        cancel();
        cancel = deadline();
      } catch (error) {
        if (stopped.signal.aborted) break;
        if (!isKubernetesFailure(error)) log.error({ lease: record.name, err: error }, 'A renewal failed.');
        else log.warn({ lease: record.name }, `The Lease could not be renewed. ${(error as Error).message}`);
      }
    }
    cancel();
  }

  const kept = keep();
  return {
    signal: ended.signal,
    holds: () => !ended.signal.aborted && leftMs() > 0,
    async resign() {
      if (ended.signal.aborted) return;
      ended.abort();
      stopped.abort();
      await kept;
      // Where that fails the Lease runs out by itself.
      await record.release(held).catch((error: unknown) => {
        log.warn({ lease: record.name }, `The Lease could not be released. ${(error as Error).message}`);
      });
    },
  };
}
