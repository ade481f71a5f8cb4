import type { Clock } from '../../../ports/clock.ts';
import type { KubernetesClient } from './kubernetes-client.ts';
import { isKubernetesFailure, orAbsent } from './kubernetes-failure.ts';
import type { Lease } from './objects.ts';
import { leases } from './resources.ts';

/** What a Lease says. */
export interface SeenLease {
  /** Null: nobody. */
  readonly holder: string | null;
  readonly seconds: number;
  readonly resourceVersion: string;
  readonly transitions: number;
}

/** A Lease that was ours when it was last written. */
export interface HeldLease {
  readonly identity: string;
  readonly resourceVersion: string;
  readonly acquireTime: string;
  readonly transitions: number;
  /** By the monotonic clock, before the write was sent. */
  readonly renewedAt: number;
}

/** A Lease in the API server, changed by compare-and-swap only. Fails with a `KubernetesFailure`. */
export interface LeaseRecord {
  readonly name: string;
  /** Null where there is none. */
  read(signal?: AbortSignal): Promise<SeenLease | null>;
  /** Null when somebody else was faster. */
  create(identity: string, sentAt: number, signal: AbortSignal): Promise<HeldLease | null>;
  take(lease: SeenLease, identity: string, sentAt: number, signal: AbortSignal): Promise<HeldLease | null>;
  /** Null when it is somebody else's. `timeoutMs` is for each of its calls: there must be time for another try. */
  renew(held: HeldLease, timeoutMs: number, signal: AbortSignal): Promise<HeldLease | null>;
  release(held: HeldLease): Promise<void>;
}

export interface LeaseRecordOptions {
  readonly client: Pick<KubernetesClient, 'get' | 'create' | 'patchJson'>;
  readonly namespace: string;
  readonly name: string;
  readonly leaseSeconds: number;
  readonly clock: Clock;
}

const RELEASE_TIMEOUT_MS = 5_000;

export function createLeaseRecord({ client, namespace, name, leaseSeconds, clock }: LeaseRecordOptions): LeaseRecord {
  const ref = { namespace, name };

  async function read(signal?: AbortSignal, timeoutMs?: number): Promise<SeenLease | null> {
    const lease = await orAbsent(client.get(leases, ref, { signal, timeoutMs }));
    return lease && seen(lease);
  }

  /** Replaces the whole of it if it is still at the version. Null when it is not. */
  async function swap(
    resourceVersion: string,
    spec: Lease['spec'],
    options: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<Lease | null> {
    try {
      const patch = [
        { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
        { op: 'replace', path: '/spec', value: spec },
      ] as const;
      return await client.patchJson(leases, ref, patch, options);
    } catch (error) {
      if (isKubernetesFailure(error, 'conflict', 'not_found')) return null;
      throw error;
    }
  }

  function specOf(held: Omit<HeldLease, 'resourceVersion' | 'renewedAt'>): Lease['spec'] {
    return {
      holderIdentity: held.identity,
      leaseDurationSeconds: leaseSeconds,
      acquireTime: held.acquireTime,
      renewTime: microTime(clock),
      leaseTransitions: held.transitions,
    };
  }

  return {
    name,
    read,

    async create(identity, sentAt, signal) {
      const held = { identity, acquireTime: microTime(clock), transitions: 0 };
      try {
        const lease = await client.create(
          leases,
          { apiVersion: leases.apiVersion, kind: leases.kind, metadata: ref, spec: specOf(held) },
          { signal },
        );
        return { ...held, resourceVersion: lease.metadata.resourceVersion, renewedAt: sentAt };
      } catch (error) {
        if (isKubernetesFailure(error, 'already_exists')) return null;
        throw error;
      }
    },

    async take(lease, identity, sentAt, signal) {
      const held = { identity, acquireTime: microTime(clock), transitions: lease.transitions + 1 };
      const taken = await swap(lease.resourceVersion, specOf(held), { signal });
      return taken && { ...held, resourceVersion: taken.metadata.resourceVersion, renewedAt: sentAt };
    },

    async renew(held, timeoutMs, signal) {
      const renewedAt = performance.now();
      const renewed = await swap(held.resourceVersion, specOf(held), { timeoutMs, signal });
      if (renewed) return { ...held, resourceVersion: renewed.metadata.resourceVersion, renewedAt };
      // A renewal of our own whose answer was lost changed it too.
      const lease = await read(signal, timeoutMs);
      if (lease?.holder !== held.identity) return null;
      const again = await swap(lease.resourceVersion, specOf(held), { timeoutMs, signal });
      return again && { ...held, resourceVersion: again.metadata.resourceVersion, renewedAt };
    },

    async release(held) {
      // A renewal that was called off may have been done.
      const lease = await read(undefined, RELEASE_TIMEOUT_MS);
      if (lease?.holder !== held.identity) return;
      await swap(
        lease.resourceVersion,
        { ...specOf(held), holderIdentity: '', leaseDurationSeconds: 1 },
        { timeoutMs: RELEASE_TIMEOUT_MS },
      );
    },
  };
}

function seen({ metadata, spec }: Lease): SeenLease {
  const { holderIdentity, leaseDurationSeconds, leaseTransitions } = spec;
  return {
    holder: holderIdentity === undefined || holderIdentity === '' ? null : holderIdentity,
    seconds: leaseDurationSeconds ?? 0,
    resourceVersion: metadata.resourceVersion,
    transitions: leaseTransitions ?? 0,
  };
}

/** The form that the API wants of such times, with microseconds. */
function microTime(clock: Clock): string {
  return clock.timestamp().replace(/\.(\d{3})Z$/, '.$1000Z');
}
