import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Actor } from '../../core/permissions.ts';
import { streamPosition } from '../../services/stream-position.ts';
import { csrfTokenFor } from '../csrf.ts';
import type { HttpParts } from '../parts.ts';
import { useNonce } from '../security-headers.ts';
import { readCookie } from '../session-cookie.ts';

export type Theme = 'light' | 'dark';

/** What every page is drawn with, whatever it shows. */
export interface PageContext {
  /** Null where nobody is signed in. */
  readonly actor: Actor | null;
  /** For the hidden field of every form; empty where nobody is signed in. */
  readonly csrfToken: string;
  readonly nonce: string;
  /** What the user chose; null follows the system. */
  readonly theme: Theme | null;
  /** Path and query of this page. */
  readonly url: string;
  readonly nowMs: number;
  /** Where to follow the events from: read before anything that the page shows. Null where nobody is signed in. */
  readonly position: string | null;
  /** URL of a file that the browser gets, by its logical name. */
  readonly asset: (name: string) => string;
}

export type PageParts = Pick<HttpParts, 'assets' | 'bus' | 'clock'>;

/** Reads the stream's position first: load what the page shows after this. Sets the page's content security policy. */
export async function openPage(request: FastifyRequest, reply: FastifyReply, parts: PageParts): Promise<PageContext> {
  const position = request.actor === null ? null : await streamPosition(parts);
  return pageContext(request, reply, parts, position);
}

export function pageContext(
  request: FastifyRequest,
  reply: FastifyReply,
  { assets, clock }: Pick<PageParts, 'assets' | 'clock'>,
  position: string | null = null,
): PageContext {
  const theme = readCookie(request, 'theme');
  return {
    actor: request.actor,
    csrfToken: csrfTokenFor(request) ?? '',
    nonce: useNonce(reply),
    theme: theme === 'light' || theme === 'dark' ? theme : null,
    url: request.url,
    nowMs: clock.now(),
    position,
    asset(name) {
      const file = assets.manifest[name];
      if (file === undefined) throw new Error(`The asset ${name} has not been built: run npm run build.`);
      return `/assets/${file}`;
    },
  };
}
