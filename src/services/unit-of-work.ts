import type { Environment } from '../core/environment.ts';
import { Failure } from '../core/errors.ts';
import { EVERYTHING, type Actor } from '../core/permissions.ts';
import type { IdempotencyRow, RecordKind, RecordTypes } from '../core/records.ts';
import type { Cipher } from '../ports/cipher.ts';
import type { Clock } from '../ports/clock.ts';
import type { EnvironmentStore, Precondition, PutWrite, Versioned, Write } from '../ports/environment-store.ts';
import type { Announcer } from './announcer.ts';

/** What a use case decided: all of it is applied in one commit, or none. */
export interface Plan<T> {
  readonly writes: readonly Write[];
  readonly preconditions: readonly Precondition[];
  readonly result: T;
}

/** A reply that was given before to the same (actor, route, key). */
export interface StoredReply {
  readonly status: number;
  readonly body: string;
  readonly location: string | null;
}

/** Asks that a call has one effect however often it is repeated within 24 hours. */
export interface IdempotentCall<T> {
  readonly key: string;
  readonly route: string;
  /** SHA-256 of the canonical request. */
  readonly requestHash: string;
  render(result: T): StoredReply;
}

/** Thrown instead of doing it again: the edge sends the stored reply. */
export class AlreadyDone extends Error {
  readonly reply: StoredReply;
  constructor(reply: StoredReply) {
    super('This call was made before.');
    this.name = 'AlreadyDone';
    this.reply = reply;
  }
}

/** What a caller may ask of any use case that writes. */
export interface CallOptions<T> {
  readonly idempotency?: IdempotentCall<T> | undefined;
  /** Version that the record must still have (`If-Match`). */
  readonly ifVersion?: number | undefined;
}

export interface UnitOfWork {
  /**
   * Plans and commits, and plans again when a precondition failed, since then the decision was made on old facts.
   * `plan` therefore must change nothing outside of the store, and ask nothing there twice.
   */
  execute<T>(actor: Actor, plan: () => Promise<Plan<T>>, idempotency?: IdempotentCall<T>): Promise<T>;
}

const IDEMPOTENCY_HOURS = 24;
const ATTEMPTS = 100;
const BACKOFF_FROM_ATTEMPT = 5;
const BACKOFF_MAX_MS = 50;

export interface UnitOfWorkParts {
  readonly store: EnvironmentStore;
  readonly announcer: Announcer;
  readonly cipher: Cipher;
  readonly clock: Clock;
  /** Holds for every commit: the epoch of the leader on whose behalf this acts. */
  readonly fence?: Precondition;
}

/** Another replica leads now: nothing of what this one decided may be written any more. */
export class LeadershipLost extends Error {
  constructor() {
    super('Another replica has taken over the lead.');
    this.name = 'LeadershipLost';
  }
}

export function createUnitOfWork({ store, announcer, cipher, clock, fence }: UnitOfWorkParts): UnitOfWork {
  /**
   * The row of this call as it is now: null, or one that has expired. Fails with `AlreadyDone` where the call was made
   * before, and with `invalid` where its key was used for another one.
   */
  async function unusedRow<T>(rowId: string, call: IdempotentCall<T>): Promise<Versioned<IdempotencyRow> | null> {
    const row = await store.get(EVERYTHING, 'idempotency_row', rowId);
    if (!row || Date.parse(row.record.expiresAt) <= clock.now()) return row;
    if (row.record.requestHash !== call.requestHash) {
      throw new Failure(
        'invalid',
        'This Idempotency-Key was used before with another request. Use a new key for a new request.',
        {
          code: 'idempotency_key_reused',
          faults: [
            {
              loc: ['header', 'Idempotency-Key'],
              msg: 'was used before with another request',
              type: 'idempotency_key_reused',
            },
          ],
        },
      );
    }
    const { status, sealedBody, location } = row.record;
    throw new AlreadyDone({ status, location, body: await cipher.open(sealedBody, rowId) });
  }

  /**
   * A plan that is only applied while the row is as it was before anything was decided: of copies that are decided at
   * the same time, one is applied.
   */
  async function planOnce<T>(plan: () => Promise<Plan<T>>, rowId: string, call: IdempotentCall<T>): Promise<Plan<T>> {
    const row = await unusedRow(rowId, call);
    let decided: Plan<T>;
    try {
      decided = await plan();
    } catch (error) {
      // It may be refused for what a copy has done meanwhile, such as taking the name.
      await unusedRow(rowId, call);
      throw error;
    }
    const reply = call.render(decided.result);
    const write: PutWrite<'idempotency_row'> = {
      op: 'put',
      kind: 'idempotency_row',
      id: rowId,
      record: {
        requestHash: call.requestHash,
        status: reply.status,
        sealedBody: await cipher.seal(reply.body, rowId),
        location: reply.location,
        expiresAt: new Date(clock.now() + IDEMPOTENCY_HOURS * 3_600_000).toISOString(),
      },
    };
    return {
      ...decided,
      writes: [...decided.writes, write],
      preconditions: [...decided.preconditions, unchanged('idempotency_row', rowId, row)],
    };
  }

  return {
    async execute(actor, plan, idempotency) {
      const rowId = idempotency && `${actor.userId ?? 'system'}:${idempotency.route}:${idempotency.key}`;
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        const decided = await (idempotency && rowId !== undefined ? planOnce(plan, rowId, idempotency) : plan());
        if (decided.writes.length === 0) return decided.result;
        const outcome = await store.commit(
          decided.writes,
          fence ? [fence, ...decided.preconditions] : decided.preconditions,
        );
        if (outcome.committed) {
          announcer.announceWrites(decided.writes, outcome.versions);
          return decided.result;
        }
        if (fence && outcome.failed === fence) throw new LeadershipLost();
        if (attempt >= BACKOFF_FROM_ATTEMPT) await clock.sleep(Math.random() * Math.min(BACKOFF_MAX_MS, attempt * 2));
      }
      throw new Failure('unavailable', 'Too many changes to the same records at once. Try again in a moment.', {
        code: 'contention',
        retryAfterSeconds: 1,
      });
    },
  };
}

export function put<K extends RecordKind>(kind: K, id: string, record: RecordTypes[K]): Write {
  return { op: 'put', kind, id, record } as Write;
}

/** The precondition that a record is still as it was read: at the same version, or still absent. */
export function unchanged(kind: RecordKind, id: string, read: { readonly version: number } | null): Precondition {
  return read ? { kind, id, version: read.version } : { kind, id, absent: true };
}

/** The write that replaces an environment, with its precondition and the result that it will have. */
export function replaceEnvironment(read: Versioned<Environment>, record: Environment): Plan<Versioned<Environment>> {
  return {
    writes: [put('environment', read.id, record)],
    preconditions: [unchanged('environment', read.id, read)],
    // Versions count up by one at each write, and the precondition holds the one before.
    result: { id: read.id, version: read.version + 1, record },
  };
}

export function assertVersion(
  read: { readonly version: number },
  options: { readonly ifVersion?: number | undefined },
): void {
  if (options.ifVersion !== undefined && options.ifVersion !== read.version) {
    throw new Failure('stale', 'The record was changed by someone else meanwhile. Read it again, then decide anew.', {
      code: 'stale_etag',
    });
  }
}
