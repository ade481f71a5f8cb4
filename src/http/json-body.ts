import type { FastifyInstance } from 'fastify';
import { Failure } from '../core/errors.ts';
import { unsupportedMediaType } from './problem.ts';

/** 1 MiB. */
export const BODY_LIMIT_BYTES = 1024 * 1024;

/** The API takes JSON and nothing else; pages that take forms add their own parser in their own scope. */
export function registerJsonBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, text, done) => {
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      done(unsupportedMediaType());
      return;
    }
    // Many clients name the type with every request, also with those that have no body.
    if (text === '') {
      done(null, undefined);
      return;
    }
    try {
      done(null, JSON.parse(text));
    } catch (error) {
      done(malformedJson(error));
    }
  });
}

function malformedJson(error: unknown): Failure {
  const why = error instanceof Error ? error.message : String(error);
  const place = /position (\d+)/.exec(why)?.[1];
  const where = place === undefined ? '' : ` at character ${place}`;
  return new Failure('invalid', `The body is not valid JSON${where}. Correct it.`, {
    code: 'json_invalid',
    faults: [
      {
        loc: ['body', ...(place === undefined ? [] : [Number(place)])],
        msg: `is not valid JSON${where}`,
        type: 'json_invalid',
      },
    ],
  });
}
