import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGitRepositories } from '../../../src/adapters/git/git-repositories.ts';
import { isPrivateAddress } from '../../../src/core/private-address.ts';
import { createWorktreeCheckouts } from '../../../src/adapters/git/worktree-checkouts.ts';
import type { RepositoryAccess } from '../../../src/ports/git-repositories.ts';
import { refusal } from '../../contract/git-repositories.suite.ts';
import { createGitFixture, type GitFixture } from '../../support/git-fixture.ts';
import { startGitHttpsServer, type GitHttpsServer } from '../../support/git-https-server.ts';

const CANARY = 'canary-password-4711';
const PATH = process.env['PATH'] ?? '';

let folder: string;
let fixture: GitFixture;
let server: GitHttpsServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blueberry-git-'));
  fixture = await createGitFixture({ 'index.html': 'hello' });
  server = await startGitHttpsServer(fixture.path);
});
afterEach(async () => {
  await server.close();
  await fixture.dispose();
  await rm(folder, { recursive: true, force: true });
});

function gitWith(more: Record<string, string> = {}, privateHosts: readonly string[] = ['localhost']) {
  const userEnvironment = { PATH, GIT_SSL_CAINFO: server.certificateFile, ...more };
  return createGitRepositories({ folder, policy: { allowLocal: true, privateHosts }, userEnvironment });
}

function remote(url = `${server.url}/.git`, credential: string | null = null): RepositoryAccess {
  return { id: 'repo_remote', url, credential };
}

describe('a remote that is in the way', () => {
  it('refuses the sign-in', async () => {
    server.credential = `robot:${CANARY}`;
    await refusal(gitWith().listBranches(remote()), 'authentication_refused');
  });

  it('has no such repository', async () => {
    const url = `https://localhost:${String(server.port)}/nothing-here.git`;
    await refusal(gitWith().listBranches(remote(url)), 'repository_not_found');
  });

  it('is broken', async () => {
    server.mood = 'fail';
    await refusal(gitWith().listBranches(remote()), 'unreachable');
  });

  it('does not listen', async () => {
    await refusal(gitWith().listBranches(remote('https://localhost:1/x.git')), 'unreachable');
  });

  it('shows a certificate that nobody vouches for', async () => {
    await refusal(gitWith({ GIT_SSL_CAINFO: '/dev/null' }).listBranches(remote()), 'unreachable');
  });

  it('does not answer, until the caller gives up', async () => {
    server.mood = 'hang';
    await expect(gitWith().listBranches(remote(), AbortSignal.timeout(300))).rejects.toMatchObject({
      name: 'GitFailure',
    });
  });

  it('leads elsewhere: redirects are not followed', async () => {
    const other = await startGitHttpsServer(fixture.path);
    server.mood = 'redirect';
    server.redirectTo = `${other.url}/.git/info/refs?service=git-upload-pack`;
    await refusal(gitWith().listBranches(remote()), 'moved');
    expect(other.requests).toEqual([]);
    await other.close();
  });
});

describe('a local repository', () => {
  const local = (): RepositoryAccess => ({ id: 'repo_local', url: fixture.path, credential: null });

  it('may be a shallow clone, and become a deeper one', async () => {
    await fixture.commit({ 'a.txt': 'second' }, 'Second');
    await fixture.commit({ 'a.txt': 'third' }, 'Third');
    const shallow = join(folder, 'shallow');
    await fixture.git('clone', '--quiet', '--depth=1', `file://${fixture.path}`, shallow);
    const access = { id: 'repo_shallow', url: shallow, credential: null };
    const git = gitWith();
    const { commit } = await git.fetchBranch(access, 'main');
    expect(await git.recentCommits(access, 'main', 5)).toMatchObject([{ commit, subject: 'Third' }]);
    expect(await git.readFile(access, commit, 'a.txt')).toBe('third');
    const fourth = await fixture.commit({ 'a.txt': 'fourth' }, 'Fourth');
    await fixture.git('-C', shallow, 'pull', '--quiet', '--unshallow');
    expect(await git.fetchBranch(access, 'main')).toMatchObject({ commit: fourth });
    expect(await gitWith().fetchCommit({ ...access, id: 'repo_other' }, commit)).toMatchObject({ subject: 'Third' });
  });

  it('may be in a folder with any name', async () => {
    const path = join(folder, "a b's=c:d");
    await fixture.git('clone', '--quiet', fixture.path, path);
    const access = { id: 'repo_named', url: path, credential: null };
    expect((await gitWith().listBranches(access)).branches).toHaveLength(1);
    expect(await gitWith().fetchBranch(access, 'main')).toMatchObject({ subject: 'Begin' });
  });

  it('has no branch whose name no branch can have', async () => {
    await refusal(gitWith().fetchBranch(local(), 'two words'), 'branch_not_found');
  });

  it('that was not fetched has no commits, which is said in one sentence', async () => {
    await gitWith().fetchBranch(local(), 'main');
    const failure = await refusal(gitWith().recentCommits(local(), 'other', 1), 'commit_gone');
    expect(failure.message).not.toMatch(/usage|--/);
  });

  it('says of a file that is too large just that', async () => {
    const commit = await fixture.commit({ 'blueberry.yaml': 'x'.repeat(257 * 1024) });
    await gitWith().fetchBranch(local(), 'main');
    const failure = await refusal(gitWith().readFile(local(), commit, 'blueberry.yaml'), 'file_too_large');
    expect(failure.message).toBe('blueberry.yaml is larger than 256 KiB');
  });
});

describe('addresses', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '169.254.169.254',
    '192.168.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    'fd00::1',
    'fe80::1',
    '::ffff:127.0.0.1',
  ])('%s is private', (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });
  it.each(['140.82.121.3', '8.8.8.8', '2606:4700::1111'])('%s is public', (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  });

  it('are not dialled when they are private and not listed', async () => {
    await refusal(gitWith({}, []).listBranches(remote()), 'not_allowed');
    await refusal(gitWith({}, []).listBranches(remote('https://169.254.169.254/latest')), 'not_allowed');
    await refusal(gitWith({}, []).listBranches(remote('https://[::1]:444/x')), 'not_allowed');
    await refusal(gitWith({}, []).listBranches(remote('git@127.0.0.1:acme/web.git')), 'not_allowed');
    expect(server.requests).toEqual([]);
  });
});

describe('a folder', () => {
  it('that is missing is told from one that is no repository', async () => {
    const look = (url: string) => gitWith().listBranches({ id: 'repo_local', url, credential: null });
    const missing = join(folder, 'missing');
    await expect(look(missing)).rejects.toMatchObject({
      reason: 'repository_not_found',
      message: `there is no folder ${missing}`,
    });
    await mkdir(missing);
    await expect(look(missing)).rejects.toMatchObject({
      reason: 'repository_not_found',
      message: `the folder ${missing} is not a Git repository`,
    });
  });
});

describe('what would run something else', () => {
  it.each([
    'ext::sh -c touch% /tmp/owned',
    '--upload-pack=touch /tmp/owned',
    '-oProxyCommand=touch /tmp/owned',
    'file:///etc',
    'http://localhost/x',
    'ssh://-oProxyCommand=x/y',
  ])('is refused: %s', async (url) => {
    await refusal(gitWith().listBranches(remote(url)), 'not_allowed');
  });

  it('is taken for the name of a branch that is not there', async () => {
    const local = { id: 'repo_local', url: fixture.path, credential: null };
    await expect(gitWith().fetchBranch(local, '--upload-pack=touch /tmp/owned')).rejects.toMatchObject({
      name: 'GitFailure',
    });
    expect(existsSync('/tmp/owned')).toBe(false);
  });

  it('does not run hooks of ours or of the remote', async () => {
    await mkdir(join(fixture.path, '.git', 'hooks'), { recursive: true });
    for (const hook of ['post-checkout', 'reference-transaction', 'post-merge']) {
      await writeFile(join(fixture.path, '.git', 'hooks', hook), `#!/bin/sh\ntouch ${folder}/hooked\n`, {
        mode: 0o755,
      });
    }
    const local = { id: 'repo_local', url: fixture.path, credential: null };
    const { commit } = await gitWith().fetchBranch(local, 'main');
    const checkouts = createWorktreeCheckouts({ folder, userEnvironment: { PATH } });
    await checkouts.checkout({ repositoryId: 'repo_local', commit, folder: join(folder, 'work'), label: 'env_a/1' });
    expect(existsSync(join(folder, 'hooked'))).toBe(false);
  });
});

describe('a credential', () => {
  it('never stands among the arguments or in a failure', async () => {
    const real =
      PATH.split(':')
        .map((part) => join(part, 'git'))
        .find((file) => existsSync(file)) ?? 'git';
    const bin = join(folder, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'git'), `#!/bin/sh\necho "$@" >> ${folder}/arguments\nexec ${real} "$@"\n`);
    await chmod(join(bin, 'git'), 0o755);
    server.credential = 'robot:something else';
    const git = gitWith({ PATH: `${bin}:${PATH}` });
    const failure = await refusal(
      git.fetchBranch(remote(`${server.url}/.git`, `robot:${CANARY}`), 'main'),
      'authentication_refused',
    );
    server.credential = `robot:${CANARY}`;
    await git.fetchBranch(remote(`${server.url}/.git`, `robot:${CANARY}`), 'main');
    const told = `${await readFile(join(folder, 'arguments'), 'utf8')}${failure.message}${await everything(join(folder, 'repo_remote.git'))}`;
    expect(told).toContain('fetch');
    expect(told).not.toContain(CANARY);
    expect(told).not.toContain(Buffer.from(`robot:${CANARY}`).toString('base64'));
  });

  it('is a token when it has no colon', async () => {
    server.credential = `x-access-token:${CANARY}`;
    expect((await gitWith().listBranches(remote(`${server.url}/.git`, CANARY))).branches).toHaveLength(1);
  });
});

async function everything(root: string): Promise<string> {
  const names = await readdir(root, { recursive: true, withFileTypes: true });
  const files = names
    .filter((entry) => entry.isFile())
    .map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1'));
  return (await Promise.all(files)).join('\n');
}

describe('a mirror', () => {
  const local = (): RepositoryAccess => ({ id: 'repo_local', url: fixture.path, credential: null });

  it('is taken up again after Git was killed in the middle', async () => {
    await gitWith().fetchBranch(local(), 'main');
    const kept = (await readdir(join(folder, 'repo_local.git', 'refs', 'blueberry', 'heads')))[0] ?? '';
    await writeFile(join(folder, 'repo_local.git', 'refs', 'blueberry', 'heads', `${kept}.lock`), '');
    await writeFile(join(folder, 'repo_local.git', 'packed-refs.lock'), '');
    await fixture.commit({ 'a.txt': 'new' });
    expect((await gitWith().fetchBranch(local(), 'main')).subject).toBe('Change');
  });

  it('is made anew where only half of it is there', async () => {
    await mkdir(join(folder, 'repo_local.git', 'objects'), { recursive: true });
    expect((await gitWith().fetchBranch(local(), 'main')).subject).toBe('Begin');
  });

  it('answers quickly with five hundred branches', async () => {
    const head = await fixture.git('rev-parse', 'HEAD');
    const refs = Array.from({ length: 500 }, (_, number) => `${head} refs/heads/branch-${String(number)}`);
    await writeFile(join(fixture.path, '.git', 'packed-refs'), `${refs.sort().join('\n')}\n`);
    expect((await gitWith().listBranches(local())).branches).toHaveLength(501);
  });
});

describe('a worktree', () => {
  it('holds the commit, outlives the branch, and goes without a trace', async () => {
    const git = gitWith();
    const access = { id: 'repo_local', url: fixture.path, credential: null };
    const { commit } = await git.fetchBranch(access, 'main');
    const checkouts = createWorktreeCheckouts({ folder, userEnvironment: { PATH } });
    const work = { repositoryId: access.id, folder: join(folder, 'env', 'work'), label: 'env_a/1' };
    await checkouts.checkout({ ...work, commit });
    expect(await readFile(join(work.folder, 'index.html'), 'utf8')).toBe('hello');
    await writeFile(join(work.folder, 'left.txt'), 'left from a try before');
    await checkouts.checkout({ ...work, commit });
    expect(existsSync(join(work.folder, 'left.txt'))).toBe(false);
    await checkouts.release(work);
    await checkouts.release(work);
    expect(existsSync(work.folder)).toBe(false);
    expect(await readdir(join(folder, 'repo_local.git', 'worktrees')).catch(() => [])).toEqual([]);
    await git.forget(access.id);
    await checkouts.release(work);
    await refusal(
      checkouts.checkout({ ...work, commit: '0123456789012345678901234567890123456789' }),
      'repository_not_found',
    );
  });

  it('says that a commit is gone', async () => {
    await gitWith().fetchBranch({ id: 'repo_local', url: fixture.path, credential: null }, 'main');
    const checkouts = createWorktreeCheckouts({ folder, userEnvironment: { PATH } });
    const work = { repositoryId: 'repo_local', folder: join(folder, 'work'), label: 'env_a/1' };
    await refusal(checkouts.checkout({ ...work, commit: '0123456789012345678901234567890123456789' }), 'commit_gone');
  });
});
