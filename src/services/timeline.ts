import type { Environment } from '../core/environment.ts';
import type { Actor } from '../core/permissions.ts';
import type { TimelineEvent } from '../core/records.ts';
import type { Write } from '../ports/environment-store.ts';
import type { Identifiers } from '../ports/identifiers.ts';
import { put } from './unit-of-work.ts';

/** The line of history that is written in the same commit as what it tells of. */
export function timelineWrite(
  identifiers: Identifiers,
  actor: Actor,
  environment: Environment,
  at: string,
  line: Pick<TimelineEvent, 'type' | 'reason' | 'message'>,
): Write {
  return put('timeline_event', identifiers.ordered('evt'), {
    environmentId: environment.metadata.id,
    at,
    type: line.type,
    reason: line.reason,
    message: line.message,
    actor: actor.email,
    generation: environment.metadata.generation,
  });
}
