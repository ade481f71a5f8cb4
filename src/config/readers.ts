import { isIP } from 'node:net';

/** A text understood, or what is wrong with it and what to do. Neither repeats the text, which may be a secret. */
export type Reading<T> =
  | { readonly value: T; readonly fault: null }
  | { readonly fault: { readonly problem: string; readonly remedy: string } };

export type Reader<T> = (text: string) => Reading<T>;

/** A label of a host name; underscores are let through, since some private networks have them. */
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?)*$/;
const EMAIL = /^[A-Za-z0-9_'+-]+(?:\.[A-Za-z0-9_'+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}$/;

function good<T>(value: T): Reading<T> {
  return { value, fault: null };
}

function bad(problem: string, remedy: string): Reading<never> {
  return { fault: { problem, remedy } };
}

export function word<const W extends string>(...words: readonly W[]): Reader<W> {
  return (text) => {
    const found = words.find((candidate) => candidate === text);
    return found === undefined ? bad(`can't be ${quoted(text)}`, `Use ${words.join(' or ')}.`) : good(found);
  };
}

/** Whole numbers, or with `fractions` any decimal ones. Bounds are included. */
export function number(min: number, max: number, fractions: 'whole' | 'fractions' = 'whole'): Reader<number> {
  const form = fractions === 'whole' ? /^\d{1,9}$/ : /^\d{1,9}(?:\.\d{1,6})?$/;
  return (text) => {
    const value = form.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return good(value);
    const kind = fractions === 'whole' ? 'a whole number' : 'a number';
    return bad(`must be ${kind}, not ${quoted(text)}`, `Give one from ${min} to ${max}.`);
  };
}

export function flag(): Reader<boolean> {
  return (text) => {
    if (text === 'true' || text === '1') return good(true);
    if (text === 'false' || text === '0') return good(false);
    return bad(`can't be ${quoted(text)}`, 'Use true or false.');
  };
}

/** @param what said when the pattern does not fit: "must have at least 20 characters". */
export function text(pattern: RegExp, what: string, remedy: string): Reader<string> {
  return (given) => (pattern.test(given) ? good(given) : bad(what, remedy));
}

export function anyText(): Reader<string> {
  return good;
}

/** An address to listen on: an IP address or a host name. */
export function listenAddress(): Reader<string> {
  return (given) => {
    const address = withoutBrackets(given.toLowerCase());
    return isHost(address)
      ? good(address)
      : bad(`must be an IP address or a host name, not ${quoted(given)}`, 'Use 127.0.0.1 for this machine alone.');
  };
}

/** A domain under which names are made, so not an IP address. */
export function domain(): Reader<string> {
  return (given) => {
    const name = given.toLowerCase().replace(/\.$/, '');
    return HOST_NAME.test(name) && isIP(name) === 0
      ? good(name)
      : bad(
          `must be a domain name, not ${quoted(given)}`,
          'Give a domain without scheme, port or wildcard: preview.example.com.',
        );
  };
}

/** Host names or IP addresses, separated by commas; without ports. */
export function hostList(): Reader<readonly string[]> {
  return (given) => {
    const hosts = listed(given).map(withoutBrackets);
    const wrong = hosts.find((host) => !isHost(host));
    return wrong === undefined
      ? good(hosts)
      : bad(
          `holds ${quoted(wrong)}, which is not a host name`,
          'Give host names separated by commas, without scheme and port.',
        );
  };
}

/** A host that may be spoken to although it is private, and perhaps without TLS. */
export interface PrivateHost {
  readonly host: string;
  readonly plainHttp: boolean;
}

/** Hosts as in `hostList`; `http://` in front of one says that it is spoken to without TLS. */
export function privateHostList(): Reader<readonly PrivateHost[]> {
  return (given) => {
    const hosts = listed(given).map((entry): PrivateHost => {
      const plainHttp = entry.startsWith('http://');
      return { host: withoutBrackets(plainHttp ? entry.slice('http://'.length) : entry), plainHttp };
    });
    const wrong = hosts.find(({ host }) => !isHost(host));
    return wrong === undefined
      ? good(hosts)
      : bad(
          `holds ${quoted(wrong.host)}, which is not a host name`,
          'Give host names separated by commas, without port; http:// in front of one means that it does not speak TLS.',
        );
  };
}

function listed(given: string): readonly string[] {
  const entries = given.split(',').map((entry) => entry.trim().toLowerCase());
  return entries.filter((entry) => entry !== '');
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

function isHost(host: string): boolean {
  return isIP(host) !== 0 || HOST_NAME.test(host);
}

/** Scheme, host and port of a site; the slash at the end may be there and is taken off. */
export function origin(): Reader<string> {
  return (given) => {
    const url = URL.canParse(given) ? new URL(given) : null;
    const fits = url !== null && ['http:', 'https:'].includes(url.protocol) && `${url.origin}/` === url.href;
    return fits
      ? good(url.origin)
      : bad('is not the address of a site', 'Give scheme, host and port alone: https://blueberry.example.com.');
  };
}

/** A URL with one of these schemes (without the colon). It may hold a password and is therefore never repeated. */
export function url(...schemes: readonly string[]): Reader<string> {
  return (given) => {
    const scheme = URL.canParse(given) ? new URL(given).protocol.slice(0, -1) : '';
    return schemes.includes(scheme)
      ? good(given)
      : bad('is not a URL of the right kind', `Start it with ${schemes.map((name) => `${name}://`).join(' or ')}.`);
  };
}

export function emailAddress(): Reader<string> {
  return (given) =>
    EMAIL.test(given)
      ? good(given.toLowerCase())
      : bad(`must be an e-mail address, not ${quoted(given)}`, 'Correct it.');
}

function quoted(given: string): string {
  return JSON.stringify(given.length > 60 ? `${given.slice(0, 60)}…` : given);
}
