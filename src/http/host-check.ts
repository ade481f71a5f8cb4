import { Failure } from '../core/errors.ts';
import type { HttpSettings } from './parts.ts';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Tells whether a `Host` header names this console, whatever its port. A page of a stranger whose name resolves to this
 * machine (DNS rebinding) sends the stranger's name and is refused.
 */
export function createHostCheck({ consoleHosts }: Pick<HttpSettings, 'consoleHosts'>): (host: string) => boolean {
  const names = new Set([...LOOPBACK_NAMES, ...consoleHosts.map((host) => host.toLowerCase())]);
  return (host) => names.has(host) || names.has(hostNameOf(host));
}

function hostNameOf(host: string): string {
  // With the dot of the root at its end a name is the same name.
  return host
    .replace(/:\d{1,5}$/, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

export function misdirected(): Failure {
  return new Failure(
    'malformed',
    'This server does not answer for the host in your request. Use its public URL, or let an administrator add the host to CONSOLE_HOSTS.',
    { code: 'misdirected' },
  );
}
