import type { FastifyInstance } from 'fastify';
import { authenticate } from '../../authentication.ts';
import type { HttpParts } from '../../parts.ts';
import { htmlText } from '../components/html.ts';
import { pageContext } from '../page-context.ts';
import { ProblemNotice, ProblemPage } from '../pages/problem-page.tsx';
import { isFromScript } from '../reply.ts';

/**
 * How problems look to people. A script on a page gets a notice with the same status: in the place that it names where
 * that is made for problems (its id ends with `-problem`), else over the page, with nothing of it replaced.
 */
export function registerProblemPages(app: FastifyInstance, parts: HttpParts): void {
  app.renderProblemsWith(async (problem, request, reply) => {
    if (isFromScript(request)) {
      const target = request.headers['hx-target'];
      const hasPlace = typeof target === 'string' && target.endsWith('-problem');
      if (!hasPlace) reply.header('hx-retarget', '#notices');
      reply.header('hx-reswap', 'innerHTML');
      return htmlText(<ProblemNotice problem={problem} closable={!hasPlace} />);
    }
    // Where no route fits nobody has asked yet who it is, and no credential is a reason for another problem.
    if (request.is404) await authenticate(request, parts).catch(() => null);
    return `<!doctype html>${htmlText(<ProblemPage context={pageContext(request, reply, parts)} problem={problem} />)}`;
  });
}
