import { componentOf, type Environment } from '../../core/environment.ts';
import { Failure } from '../../core/errors.ts';
import { may, mayChange, type Actor } from '../../core/permissions.ts';
import type { EffectiveValues, Receipt, TimelineEvent } from '../../core/records.ts';
import type { ResourceStatus } from '../../ports/environment-runtime.ts';
import type { Versioned } from '../../ports/environment-store.ts';
import type { HttpParts } from '../parts.ts';
import { isLiving } from './environment-state.ts';
import type { PageContext } from './page-context.ts';

/** Everything that the page of one environment shows. */
export interface EnvironmentView {
  readonly context: PageContext;
  readonly id: string;
  readonly environment: Environment;
  /** Null where it is not connected any more. */
  readonly repositoryName: string | null;
  readonly configSetName: string | null;
  /** Where it runs in a cluster; null on a laptop, where there is none. */
  readonly placement: { readonly cluster: string; readonly namespace: string } | null;
  readonly timeline: readonly Versioned<TimelineEvent>[];
  readonly hasOlderEvents: boolean;
  readonly wholeTimeline: boolean;
  /** A sentence where the runtime does not answer. */
  readonly resources: readonly ResourceStatus[] | { readonly problem: string };
  readonly values: EffectiveValues | null;
  readonly receipt: Receipt | null;
  readonly mayChange: boolean;
}

/** What the placement of local processes is called. */
const NO_CLUSTER = 'local';
const EVENTS = 12;
const EVENTS_ALL = 500;

export async function loadEnvironmentView(
  parts: HttpParts,
  actor: Actor,
  context: PageContext,
  id: string,
  wholeTimeline: boolean,
): Promise<EnvironmentView> {
  const { environments, repositories, configSets } = parts;
  const found = await environments.getEnvironment(actor, id);
  const environment = found.record;
  const { repositoryId } = componentOf(environment);
  const configSetId = environment.spec.configSet?.id ?? null;
  const [timeline, resources, values, receipt, repository, configSet] = await Promise.all([
    environments.listEvents(actor, id, { limit: wholeTimeline ? EVENTS_ALL : EVENTS }),
    environments.listResources(actor, id).catch(sentenceOf),
    environments.getValues(actor, id).catch(nullWhereMissing),
    environment.status.archivedAt === null ? null : environments.getReceipt(actor, id).catch(nullWhereMissing),
    may(actor, 'repositories:read') ? repositories.getRepository(actor, repositoryId).catch(nullWhereMissing) : null,
    configSetId === null || !may(actor, 'config_sets:read')
      ? null
      : configSets.getConfigSet(actor, configSetId).catch(nullWhereMissing),
  ]);
  return {
    context,
    id,
    environment,
    repositoryName: repository?.record.name ?? null,
    configSetName: configSet?.configSet.name ?? null,
    placement: placementIn(parts.placementOf(environment)),
    timeline: timeline.items,
    hasOlderEvents: timeline.nextCursor !== null,
    wholeTimeline,
    resources,
    values,
    receipt,
    mayChange:
      may(actor, 'environments:write') && mayChange(actor, environment.metadata.owner.id) && isLiving(environment),
  };
}

function nullWhereMissing(error: unknown): null {
  if (error instanceof Failure && error.kind === 'not_found') return null;
  throw error;
}

/** The rest of the page is shown also while the runtime does not answer. */
function sentenceOf(error: unknown): { readonly problem: string } {
  if (error instanceof Failure) return { problem: error.message };
  throw error;
}

function placementIn({ cluster, namespace }: ReturnType<HttpParts['placementOf']>): EnvironmentView['placement'] {
  return cluster === NO_CLUSTER ? null : { cluster, namespace };
}
