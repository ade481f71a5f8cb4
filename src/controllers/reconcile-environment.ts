import { findCondition, type Condition } from '../core/condition.ts';
import { severityOf } from '../core/diagnosis.ts';
import type { Environment } from '../core/environment.ts';
import { canonicalJson } from '../core/json.ts';
import { EVERYTHING, SYSTEM_ACTOR } from '../core/permissions.ts';
import { withDerivedStatus } from '../core/phase.ts';
import type { TimelineEvent } from '../core/records.ts';
import type { Precondition, Write } from '../ports/environment-store.ts';
import { timelineWrite } from '../services/timeline.ts';
import { LeadershipLost, put, unchanged } from '../services/unit-of-work.ts';
import type { Draft, ReconcileContext, ReconcileStep, StepOutcome } from './reconcile-context.ts';
import { admit } from './steps/admit.ts';
import { deploy } from './steps/deploy.ts';
import { expire } from './steps/expire.ts';
import { observe } from './steps/observe.ts';
import { remove } from './steps/remove.ts';
import { resolveImage } from './steps/resolve-image.ts';
import { resolveSource } from './steps/resolve-source.ts';
import { sleepWhenIdle } from './steps/sleep-when-idle.ts';
import type { NextLook } from './work-queue.ts';

const STEPS: readonly ReconcileStep[] = [
  expire,
  remove,
  admit,
  resolveSource,
  resolveImage,
  deploy,
  observe,
  sleepWhenIdle,
];

const AT_ONCE: NextLook = { afterMs: 1 };

/**
 * Reads both sides anew, takes the next step towards what is wanted, and writes down once what was seen. Safe to be
 * called at any time, any number of times, and to be killed at any instruction.
 */
export async function reconcileEnvironment(context: ReconcileContext, id: string): Promise<NextLook> {
  const read = await context.store.get(EVERYTHING, 'environment', id);
  if (!read || read.record.status.archivedAt !== null) {
    context.deployments.delete(id);
    context.lastSeen.delete(id);
    return null;
  }
  let draft: Draft = { read, environment: read.record, writes: [], againInMs: null, observation: null };
  for (const step of STEPS) {
    const outcome: StepOutcome = await step.run(context, draft);
    if (outcome.go === 'commit') {
      await commit(context, outcome.plan.writes, outcome.plan.preconditions);
      return AT_ONCE;
    }
    draft = outcome.draft;
    if (outcome.go === 'stop') break;
  }
  return writeStatus(context, draft);
}

async function writeStatus(context: ReconcileContext, draft: Draft): Promise<NextLook> {
  const { read } = draft;
  const before = read.record;
  const { generation } = before.metadata;
  const observed = { ...draft.environment, status: { ...draft.environment.status, observedGeneration: generation } };
  const after = withDerivedStatus(observed);
  const nothingNew = draft.writes.length === 0 && canonicalJson(after) === canonicalJson(before);
  if (!nothingNew) {
    const now = context.clock.timestamp();
    const record: Environment = { ...after, metadata: { ...after.metadata, updatedAt: now } };
    const told = transitions(before, record).map((line) =>
      timelineWrite(context.identifiers, SYSTEM_ACTOR, record, now, line),
    );
    const written = await commit(
      context,
      [put('environment', read.id, record), ...told, ...draft.writes],
      [unchanged('environment', read.id, read)],
    );
    // Someone changed what is wanted meanwhile: what was seen is still true, but has to be judged anew.
    if (!written) return AT_ONCE;
    if (record.status.phase !== before.status.phase) {
      const { name } = record.metadata;
      context.log.info({ environment: read.id, name, status: record.status.phase }, record.status.message);
    }
  }
  return draft.againInMs === null ? null : { afterMs: draft.againInMs };
}

/** What deserves a line of history: another status, or another thing that is waited for. */
function transitions(before: Environment, after: Environment): Pick<TimelineEvent, 'type' | 'reason' | 'message'>[] {
  const { phase, message } = after.status;
  const decisive = decisiveCondition(after);
  const samePhase = phase === before.status.phase && before.spec.revision === after.spec.revision;
  if (samePhase && decisive?.reason === decisiveCondition(before)?.reason) return [];
  if (phase === 'terminated') return [{ type: 'end', reason: 'Terminated', message }];
  if (phase === 'ready') return samePhase ? [] : [{ type: 'progress', reason: 'Ready', message }];
  return [{ type: phase === 'failed' ? 'warning' : 'progress', reason: decisive?.reason ?? 'Pending', message }];
}

function decisiveCondition(environment: Environment): Condition | null {
  const { conditions } = environment.status;
  if (environment.metadata.deletionTimestamp !== null) return findCondition(conditions, 'Removed');
  const current = conditions.filter((condition) => condition.observedRevision === environment.spec.revision);
  return (
    current.find((condition) => severityOf(condition.reason) === 'failed') ??
    current.find((condition) => condition.status !== 'True') ??
    null
  );
}

/** False when a record was changed by someone else; the epoch of another leader ends everything. */
async function commit(
  context: ReconcileContext,
  writes: readonly Write[],
  preconditions: readonly Precondition[],
): Promise<boolean> {
  const outcome = await context.store.commit(writes, [context.fence, ...preconditions]);
  if (!outcome.committed) {
    if (outcome.failed === context.fence) throw new LeadershipLost();
    return false;
  }
  context.announcer.announceWrites(writes, outcome.versions);
  return true;
}
