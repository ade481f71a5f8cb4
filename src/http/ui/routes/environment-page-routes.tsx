import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { componentOf } from '../../../core/environment.ts';
import { plainText } from '../../../core/plain-text.ts';
import type { HttpParts } from '../../parts.ts';
import { actorOf } from '../../request-context.ts';
import { CommitChoices, WhatWillGo } from '../components/environment-dialogs.tsx';
import { EnvironmentParts } from '../components/environment-parts.tsx';
import { loadEnvironmentView, type EnvironmentView } from '../environment-view.ts';
import { readQuery } from '../forms/form-body.ts';
import { openPage } from '../page-context.ts';
import { DeleteEnvironmentPage, EnvironmentPage } from '../pages/environment-page.tsx';
import { goTo, isFromScript, sendPage, sendPart } from '../reply.ts';

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
    if (!view.mayChange) return goTo(request, reply, `/environments/${view.id}`);
    if (isFromScript(request)) {
      return sendPart(reply, <WhatWillGo environment={view.environment} resources={view.resources} />);
    }
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
    const actor = actorOf(request);
    const id = request.params.env_id;
    const { record } = await parts.environments.getEnvironment(actor, id);
    const lines: string[] = [];
    const query = { tail: LOG_LINES, follow: false, signal: gone.signal };
    for await (const { at, text } of await parts.environments.openLogs(actor, id, query)) {
      lines.push(`${at}  ${plainText(text)}\n`);
    }
    const nothing = record.status.archivedAt === null ? 'No line yet.\n' : 'Nothing is kept of its log.\n';
    return reply.type('text/plain; charset=utf-8').send(lines.join('') || nothing);
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
