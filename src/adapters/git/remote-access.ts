import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitFailure } from '../../core/git-failure.ts';
import { parseGitRemote, type GitRemote } from '../../core/git-url.ts';
import type { RepositoryAccess } from '../../ports/git-repositories.ts';
import { curlAddresses, resolveAllowed } from './address-policy.ts';
import { pinningFault } from './git-version.ts';

export interface RemotePolicy {
  /** Whether paths on this machine may be repositories. */
  readonly allowLocal: boolean;
  /** Host names and addresses that may be private. */
  readonly privateHosts: readonly string[];
}

/** How one call reaches a remote: its URL, and the environment that carries credential and limits. */
export interface RemoteCall {
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
}

const SCHEMES: Record<GitRemote['kind'], string> = { https: 'https', ssh: 'ssh', local: 'file' };
const SSH_CONNECT_SECONDS = 15;

/**
 * Calls `use` with a way to the remote that was checked just now, and cleans up behind it. Credentials travel in the
 * environment or in a file that only this user can read, never among the arguments, which anyone on the machine sees.
 */
export async function withRemote<T>(
  access: RepositoryAccess,
  policy: RemotePolicy,
  baseEnv: Readonly<Record<string, string>>,
  use: (call: RemoteCall) => Promise<T>,
): Promise<T> {
  const { remote, fault } = parseGitRemote(access.url, policy.allowLocal);
  if (remote === null) throw new GitFailure('not_allowed', `the URL ${fault}`);
  const url = remote.kind === 'local' ? remote.path : remote.url;
  const env = { ...baseEnv, GIT_ALLOW_PROTOCOL: SCHEMES[remote.kind] };
  // Of the user's own rules for URLs the longest match counts: nothing leads away from what was checked.
  const settings: Setting[] = [
    [`url.${url}.insteadOf`, url],
    [`url.${url}.pushInsteadOf`, url],
  ];
  switch (remote.kind) {
    case 'local':
      return withLocalRepository(remote.path, () => use({ url, env: { ...env, ...asEnvironment(settings) } }));
    case 'https':
      if (!policy.allowLocal) await demandPinning(baseEnv);
      settings.push(...(await httpsSettings(remote, access.credential, policy)));
      return use({ url, env: { ...env, ...asEnvironment(settings) } });
    case 'ssh':
      return withSshKey(access.credential, async (keyFile) => {
        const [address] = await resolveAllowed(remote.host, policy.privateHosts);
        const command = sshCommand(remote, address, keyFile);
        return use({ url, env: { ...env, ...asEnvironment(settings), GIT_SSH_COMMAND: command } });
      });
  }
}

type Setting = readonly [key: string, value: string];

/** As variables, since what stands among the arguments is seen by everyone on the machine. */
function asEnvironment(settings: readonly Setting[]): Record<string, string> {
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(settings.length) };
  for (const [index, [key, value]] of settings.entries()) {
    env[`GIT_CONFIG_KEY_${String(index)}`] = key;
    env[`GIT_CONFIG_VALUE_${String(index)}`] = value;
  }
  return env;
}

/** Git has the same words for a folder that is missing and for one that is no repository. */
async function withLocalRepository<T>(path: string, use: () => Promise<T>): Promise<T> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (!exists) throw new GitFailure('repository_not_found', `there is no folder ${path}`);
  try {
    return await use();
  } catch (error) {
    if (!(error instanceof GitFailure) || error.reason !== 'repository_not_found') throw error;
    throw new GitFailure(error.reason, `the folder ${path} is not a Git repository`);
  }
}

async function demandPinning(env: Readonly<Record<string, string>>): Promise<void> {
  const fault = await pinningFault(env);
  if (fault !== null) throw new GitFailure('not_allowed', fault);
}

async function httpsSettings(
  remote: Extract<GitRemote, { kind: 'https' }>,
  credential: string | null,
  policy: RemotePolicy,
): Promise<readonly Setting[]> {
  const addresses = await resolveAllowed(remote.host, policy.privateHosts);
  const bare = remote.host.replace(/^\[|\]$/g, '');
  const settings: Setting[] = [
    ['http.curloptResolve', `${bare}:${String(remote.port)}:${curlAddresses(addresses)}`],
    ['http.lowSpeedLimit', '1'],
    ['http.lowSpeedTime', '60'],
  ];
  if (credential !== null) {
    const pair = credential.includes(':') ? credential : `x-access-token:${credential}`;
    settings.push(
      ['http.extraHeader', `Authorization: Basic ${Buffer.from(pair).toString('base64')}`],
      ['credential.helper', ''],
    );
  }
  return settings;
}

/** Host keys must be known: a stranger in between would otherwise see the code and could change it. */
function sshCommand(
  { host, port }: Extract<GitRemote, { kind: 'ssh' }>,
  address: string,
  keyFile: string | null,
): string {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `ConnectTimeout=${String(SSH_CONNECT_SECONDS)}`,
    `HostName=${address}`,
    // The form of known_hosts.
    `HostKeyAlias=${port === 22 ? host : `[${host}]:${String(port)}`}`,
    'ForwardAgent=no',
    'PermitLocalCommand=no',
    'ProxyCommand=none',
    ...(keyFile === null ? [] : ['IdentitiesOnly=yes', `IdentityFile=${keyFile}`]),
  ];
  return ['ssh', ...options.map((option) => `-o ${quoted(option)}`)].join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

async function withSshKey<T>(key: string | null, use: (keyFile: string | null) => Promise<T>): Promise<T> {
  if (key === null) return use(null);
  const folder = await mkdtemp(join(tmpdir(), 'blueberry-ssh-'));
  try {
    const keyFile = join(folder, 'key');
    await writeFile(keyFile, key.endsWith('\n') ? key : `${key}\n`, { mode: 0o600 });
    return await use(keyFile);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
