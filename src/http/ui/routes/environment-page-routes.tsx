import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { componentOf } from '../../../core/environment.ts';
import { plainText } from '../../../core/plain-text.ts';
import type { HttpParts } from '../../parts.ts';
import { actorOf } from '../../request-context.ts';
import { CommitChoices } from '../components/environment-dialogs.tsx';
import { EnvironmentParts } from '../components/environment-parts.tsx';
import { loadEnvironmentView, type EnvironmentView } from '../environment-view.ts';
import { readQuery } from '../forms/form-body.ts';
import { openPage } from '../page-context.ts';
import { DeleteEnvironmentPage, EnvironmentPage } from '../pages/environment-page.tsx';
import { isFromScript, sendPage, sendPart } from '../reply.ts';

const COMMITS = 15;
const LOG_LINES = 10_000;

export interface EnvironmentRoute {
  Params: { env_id: string };
}

/** Reading one environment. */
export function registerEnvironmentPage(app: FastifyInstance, parts: HttpParts): void {
  app.get<EnvironmentRoute>('/environments/:env_id', async (request, reply) => {
    const view = await viewFor(parts, request, reply);
    return isFromScript(request)
      ? sendPart(reply, <EnvironmentParts view={view} />)
      : sendPage(reply, <EnvironmentPage view={view} />);
  });

  app.get<EnvironmentRoute>('/environments/:env_id/delete', async (request, reply) => {
    const view = await viewFor(parts, request, reply);
    if (!view.mayChange) return reply.redirect(`/environments/${view.id}`, 303);
    return sendPage(reply, <DeleteEnvironmentPage view={view} />);
  });

  app.get<EnvironmentRoute>('/environments/:env_id/commits', async (request, reply) => {
    const actor = actorOf(request);
    const { record } = await parts.environments.getEnvironment(actor, request.params.env_id);
    const { repositoryId, branch } = componentOf(record);
    const commits = await parts.repositories.listCommits(actor, repositoryId, branch, COMMITS);
    return sendPart(reply, <CommitChoices commits={commits} nowMs={parts.clock.now()} />);
  });

  app.get<EnvironmentRoute>('/environments/:env_id/log', async (request, reply) => {
    const gone = new AbortController();
    reply.raw.on('close', () => {
      gone.abort();
    });
    const query = { tail: LOG_LINES, follow: false, signal: gone.signal };
    const lines: string[] = [];
    for await (const { at, text } of await parts.environments.openLogs(
      actorOf(request),
      request.params.env_id,
      query,
    )) {
      lines.push(`${at}  ${plainText(text)}\n`);
    }
    return reply.type('text/plain; charset=utf-8').send(lines.join('') || 'No line yet.\n');
  });
}

/** The environment as it is now, with everything that its page shows. */
export async function viewFor(
  parts: HttpParts,
  request: FastifyRequest<EnvironmentRoute>,
  reply: FastifyReply,
): Promise<EnvironmentView> {
  const context = await openPage(request, reply, parts);
  const wholeTimeline = readQuery(request)('timeline') === 'all';
  return loadEnvironmentView(parts, actorOf(request), context, request.params.env_id, wholeTimeline);
}
