import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Program } from './stub-application.ts';

const kinds = ['serving', 'crashing', 'missing-command', 'not-listening', 'unhealthy'] as const;

/** Which application of the contract suite of environment runtimes a container is, and the mark that it is known by. */
export interface Role {
  readonly kind: (typeof kinds)[number];
  readonly mark: string;
}

const SLOW_MS = 300;

/** The role that an image has by its name, `contract/KIND/MARK`; undefined for any other image. */
export function roleOf(image: string): Role | undefined {
  const [, word, mark] = /(?:^|\/)contract\/([^/@:]+)\/([^/@:]+)/.exec(image) ?? [];
  const kind = kinds.find((one) => one === word);
  return kind === undefined || mark === undefined ? undefined : { kind, mark };
}

/** What serves by the rules of that suite; test/contract/environment-runtime.stage.ts has them. */
export function contractProgram(mark: string, log: (line: string) => void): Program {
  return {
    started: () => log(`serving ${mark}`),
    async answer({ env, instance }, request, response) {
      const [, what, of = ''] = (request.url ?? '').split('/').map(decodeURIComponent);
      if (what === 'print') log(of);
      if (what === 'slow') await sleep(SLOW_MS);
      if (what === 'instance') response.end(instance);
      else if (what === 'env') tell(env[of], response);
      else response.end(what === 'print' ? '' : mark);
    },
  };
}

function tell(value: string | undefined, response: ServerResponse): void {
  if (value === undefined) response.statusCode = 404;
  response.end(value);
}
