import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { Failure } from '../../core/errors.ts';
import type { ApiRoute } from '../api/route.ts';
import type { HttpSettings } from '../parts.ts';
import { useNonce } from '../security-headers.ts';
import { openApiDocument } from './document.ts';
import { problemsPage, referencePage } from './reference-pages.ts';

/** The files of Swagger UI that the page needs, with their media types. They come with its package, not from a network. */
const FILES: Readonly<Record<string, string>> = {
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui.css': 'text/css; charset=utf-8',
};

const HTML = 'text/html; charset=utf-8';

/** `/openapi.json`, a page to read and try it, and one on which the problems are explained. */
export function registerReference(
  app: FastifyInstance,
  routes: readonly ApiRoute[],
  { version }: Pick<HttpSettings, 'version'>,
): void {
  let document: string | null = null;
  app.get('/openapi.json', async (_request, reply) => {
    document ??= JSON.stringify(openApiDocument(routes, version));
    return reply.type('application/json; charset=utf-8').send(document);
  });

  app.get('/docs', async (_request, reply) => reply.type(HTML).send(referencePage(useNonce(reply))));
  app.get('/docs/problems', async (_request, reply) => reply.type(HTML).send(problemsPage(useNonce(reply))));

  const folder = join(dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui/package.json')), 'static');
  app.get<{ Params: { file: string } }>('/docs/assets/:file', async ({ params: { file } }, reply) => {
    const mediaType = FILES[file];
    if (mediaType === undefined) throw new Failure('not_found', 'There is nothing at this path.');
    return reply
      .type(mediaType)
      .header('cache-control', 'public, max-age=86400')
      .send(await readFile(join(folder, file)));
  });
}
