/** Where a repository is, taken apart. `url` is what Git is given; it never holds a credential. */
export type GitRemote =
  | { readonly kind: 'https'; readonly url: string; readonly host: string; readonly port: number }
  | { readonly kind: 'ssh'; readonly url: string; readonly host: string; readonly port: number; readonly user: string }
  | { readonly kind: 'local'; readonly url: string; readonly path: string };

export type GitRemoteResult =
  { readonly remote: GitRemote; readonly fault: null } | { readonly remote: null; readonly fault: string };

const URL_MAX_LENGTH = 2048;
const SCP_FORM = /^([A-Za-z0-9_][A-Za-z0-9._-]*)@([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?):(?!\/\/)([^\s]+)$/;
const SSH_URL =
  /^ssh:\/\/(?:([A-Za-z0-9_][A-Za-z0-9._-]*)@)?([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::(\d{1,5}))?\/([^\s]+)$/;
const HTTPS_URL = /^https:\/\/([^/?#\s]+)\/([^\s?#]+)$/;
const AUTHORITY = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::(\d{1,5}))?$/;

/**
 * Reads `https://host/path`, `user@host:path`, `ssh://user@host/path`, and, where `allowLocal`, an absolute path.
 * Everything else, a password within, and whatever Git could take for an option or a transport helper is refused.
 * The fault never repeats the URL, which may hold a secret.
 */
export function parseGitRemote(text: string, allowLocal: boolean): GitRemoteResult {
  if (text.length > URL_MAX_LENGTH) return refuse(`must have at most ${String(URL_MAX_LENGTH)} characters`);
  if (/[\u0000-\u001f\u007f]/.test(text)) return refuse('must not contain control characters'); // eslint-disable-line no-control-regex -- these are what is refused
  if (text.startsWith('/')) return localRemote(text, allowLocal);
  if (text.includes(' ')) return refuse('must not contain spaces');
  if (text.startsWith('-')) return refuse('must not start with a hyphen');
  if (text.startsWith('https://')) return httpsRemote(text);
  if (text.startsWith('ssh://')) return sshRemote(text);
  const scp = SCP_FORM.exec(text);
  if (scp?.[1] !== undefined && scp[2] !== undefined && scp[3] !== undefined && !scp[3].startsWith('-')) {
    return { remote: { kind: 'ssh', url: text, host: scp[2], port: 22, user: scp[1] }, fault: null };
  }
  return refuse(
    `must be https://HOST/PATH, USER@HOST:PATH or ssh://USER@HOST/PATH${allowLocal ? ', or the absolute path of a local repository' : ''}`,
  );
}

function refuse(fault: string): GitRemoteResult {
  return { remote: null, fault };
}

function localRemote(path: string, allowLocal: boolean): GitRemoteResult {
  if (!allowLocal) return refuse('must not be a local path: that is only possible with ENVIRONMENT=development');
  if (path.split('/').includes('..')) return refuse('must be a path without ".."');
  return { remote: { kind: 'local', url: path, path }, fault: null };
}

function httpsRemote(text: string): GitRemoteResult {
  const match = HTTPS_URL.exec(text);
  const authority = match?.[1];
  if (authority === undefined) return refuse('must be https://HOST/PATH, without a query or a fragment');
  if (authority.includes('@')) {
    return refuse('must not hold a user name or password: give it as `credential`, where it is kept encrypted');
  }
  const host = AUTHORITY.exec(authority);
  if (host?.[1] === undefined) return refuse('does not name a host');
  const port = host[2] === undefined ? 443 : Number(host[2]);
  if (port < 1 || port > 65_535) return refuse('has a port that cannot be');
  return { remote: { kind: 'https', url: text, host: host[1].toLowerCase(), port }, fault: null };
}

function sshRemote(text: string): GitRemoteResult {
  const match = SSH_URL.exec(text);
  if (match?.[2] === undefined) return refuse('must be ssh://USER@HOST/PATH, without a password');
  const port = match[3] === undefined ? 22 : Number(match[3]);
  if (port < 1 || port > 65_535) return refuse('has a port that cannot be');
  return {
    remote: { kind: 'ssh', url: text, host: match[2].toLowerCase(), port, user: match[1] ?? 'git' },
    fault: null,
  };
}

/** Whether a credential that is sent to one of them reaches who had it before: the same scheme, host and port. */
export function isSameServer(one: GitRemote, other: GitRemote): boolean {
  if (one.kind === 'local' || other.kind === 'local') return one.kind === other.kind;
  return one.kind === other.kind && one.host.toLowerCase() === other.host.toLowerCase() && one.port === other.port;
}

/** A short name for a repository: the last part of its URL without `.git`. */
export function repositoryNameOf(url: string): string {
  const last = url.replace(/\/+$/, '').split(/[/:]/).at(-1) ?? '';
  return last.replace(/\.git$/, '') || 'repository';
}
