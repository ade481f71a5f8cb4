import { componentOf, type Environment } from '../core/environment.ts';
import { nameFault } from '../core/naming.ts';
import { EVERYTHING } from '../core/permissions.ts';
import type { EnvironmentStore, Versioned } from '../ports/environment-store.ts';

/** What a preview's name leads to at this moment. */
export type PreviewTarget =
  /** Something answers: the wanted revision, or during an update the one before. */
  | { readonly kind: 'serving'; readonly name: string; readonly environment: Environment; readonly nameVersion: number }
  | {
      readonly kind: 'asleep' | 'waking' | 'waiting' | 'failed';
      readonly name: string;
      readonly environment: Environment;
    }
  /** It had this name, and is being removed or is gone. */
  | { readonly kind: 'gone'; readonly name: string; readonly environment: Environment }
  | { readonly kind: 'unknown'; readonly name: string };

/**
 * Looks up the living environment of a name, or else the last one that had it. A name that is reserved leads to the
 * environment of its reservation alone: never to what its predecessor still runs.
 */
export async function resolveTarget(store: EnvironmentStore, name: string): Promise<PreviewTarget> {
  if (nameFault(name) !== null) return { kind: 'unknown', name };
  const reservation = await store.get(EVERYTHING, 'name_reservation', name);
  const living = reservation && (await store.get(EVERYTHING, 'environment', reservation.record.environmentId));
  if (living) return classify(living, name, reservation.version);
  const last = await store.listEnvironments(EVERYTHING, { name, phases: ['deleting', 'terminated'] }, { limit: 1 });
  const gone = last.items[0];
  return gone ? { kind: 'gone', name, environment: gone.record } : { kind: 'unknown', name };
}

function classify({ record }: Versioned<Environment>, name: string, nameVersion: number): PreviewTarget {
  const { metadata, spec, status } = record;
  if (metadata.deletionTimestamp !== null) return { kind: 'gone', name, environment: record };
  if (spec.asleep) return { kind: 'asleep', name, environment: record };
  if (status.phase === 'failed') return { kind: 'failed', name, environment: record };
  if (status.phase === 'ready' || status.serving !== null)
    return { kind: 'serving', name, environment: record, nameVersion };
  const waking = status.conditions.some(({ reason }) => reason === 'WakingUp');
  return { kind: waking ? 'waking' : 'waiting', name, environment: record };
}

/** The commit of a deployment revision, as far as the record still knows it. */
export function commitOf(environment: Environment, revision: number): string | null {
  const { spec, status } = environment;
  if (status.serving?.revision === revision) return status.serving.commit;
  return spec.revision === revision ? componentOf(environment).commit : null;
}
