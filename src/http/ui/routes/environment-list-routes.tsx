import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { may, type Actor } from '../../../core/permissions.ts';
import type { Repository } from '../../../core/records.ts';
import type { Versioned } from '../../../ports/environment-store.ts';
import type { HttpParts } from '../../parts.ts';
import { actorOf } from '../../request-context.ts';
import { isNarrowed, listUrl, readListFilter, storeFilter, type ListFilter } from '../environment-filter.ts';
import { readQuery } from '../forms/form-body.ts';
import { hasOwnPassword } from '../own-password.ts';
import { openPage } from '../page-context.ts';
import { EnvironmentList, EnvironmentListPage, EnvironmentRows } from '../pages/environment-list-page.tsx';
import { isFromScript, sendPage, sendPart } from '../reply.ts';

const ROWS = 50;
const ROWS_MAX = 1_000;
const REPOSITORIES_MAX = 1_000;

export function registerEnvironmentList(app: FastifyInstance, parts: HttpParts): void {
  app.get('/', async (request, reply) => {
    const actor = actorOf(request);
    const query = readQuery(request);
    const filter = readListFilter(query);
    const context = await openPage(request, reply, parts);
    const cursor = query('cursor');
    const [page, repositories, hasPassword] = await Promise.all([
      parts.environments.listEnvironments(actor, storeFilter(filter, actor), { limit: rowsOf(query('limit')), cursor }),
      connectedRepositories(parts, actor),
      hasOwnPassword(parts, actor),
    ]);
    const hasEnded = page.total === 0 && !isNarrowed(filter) && (await countEnded(parts, actor)) > 0;
    const view = { context, filter, page, repositories, hasEnded };
    if (!isFromScript(request)) return sendPage(reply, <EnvironmentListPage {...view} hasPassword={hasPassword} />);
    if (cursor !== undefined) return sendPart(reply, <EnvironmentRows {...view} />);
    noteFilterInUrl(request, reply, filter);
    return sendPart(reply, <EnvironmentList {...view} />);
  });
}

async function countEnded({ environments }: HttpParts, actor: Actor): Promise<number> {
  return (await environments.listEnvironments(actor, { phases: ['terminated'] }, { limit: 1 })).total;
}

/** Every repository that the actor sees, for choosing one. */
export async function connectedRepositories(
  { repositories }: Pick<HttpParts, 'repositories'>,
  actor: Actor,
): Promise<readonly Versioned<Repository>[]> {
  if (!may(actor, 'repositories:read')) return [];
  const { items } = await repositories.listRepositories(actor, { limit: REPOSITORIES_MAX });
  return [...items].sort((left, right) => left.record.name.localeCompare(right.record.name));
}

/** As many rows as the page shows already, so that a live update takes none away. */
function rowsOf(limit: string | undefined): number {
  const asked = limit !== undefined && /^\d{1,4}$/.test(limit) ? Number(limit) : ROWS;
  return Math.min(Math.max(asked, ROWS), ROWS_MAX);
}

/** Each chosen filter is a step in the browser's history; letters that are typed are not. A live update is neither. */
function noteFilterInUrl(request: FastifyRequest, reply: FastifyReply, filter: ListFilter): void {
  const source = request.headers['hx-source'];
  if (source === 'form#filters') reply.header('hx-push-url', listUrl(filter));
  else if (source === 'input#filter-q') reply.header('hx-replace-url', listUrl(filter));
}
