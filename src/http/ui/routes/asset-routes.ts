import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { Failure } from '../../../core/errors.ts';
import type { HttpParts } from '../../parts.ts';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const ONE_YEAR = 'public, max-age=31536000, immutable';

/** The files of the browser. Their names hold a hash of what is in them, so each is asked for once. */
export function registerAssets(app: FastifyInstance, { assets }: Pick<HttpParts, 'assets'>): void {
  const files = new Set(Object.values(assets.manifest).flatMap((file) => [file, `${file}.map`]));
  app.get<{ Params: { '*': string } }>('/assets/*', async ({ params }, reply) => {
    const file = params['*'];
    const mediaType = MEDIA_TYPES[extname(file)];
    if (mediaType === undefined || !files.has(file)) throw nothingThere();
    const content = await readFile(join(assets.folder, file)).catch(() => null);
    if (content === null) throw nothingThere();
    return reply.type(mediaType).header('cache-control', ONE_YEAR).send(content);
  });
}

function nothingThere(): Failure {
  return new Failure('not_found', 'There is nothing at this path.');
}
