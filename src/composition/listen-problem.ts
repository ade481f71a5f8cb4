import type { Config } from '../config/config.ts';

const EXPLANATIONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has this port, so end that one (it may be another Blueberry) or set PORT to a free one',
  EACCES: 'the system does not allow this port to you, so set PORT to one from 1024 on',
  EADDRNOTAVAIL: 'this machine has no such address, so set HOST to one that it has, such as 127.0.0.1',
  ENOTFOUND: 'there is no host of this name, so set HOST to an address of this machine, such as 127.0.0.1',
};

/** Why the port can't be had and what to do, in one sentence; null for an error that says nothing about it. */
export function listenProblem(error: unknown, { host, port }: Pick<Config, 'host' | 'port'>): string | null {
  const { code = '', syscall } = error as NodeJS.ErrnoException;
  const explanation = EXPLANATIONS[code];
  if (explanation === undefined || (syscall !== 'listen' && syscall !== 'getaddrinfo')) return null;
  const address = host.includes(':') ? `[${host}]` : host;
  return `Blueberry can't listen on ${address}:${String(port)}: ${explanation}.`;
}
