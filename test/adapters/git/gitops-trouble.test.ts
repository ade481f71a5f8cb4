import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../../src/adapters/system/system-clock.ts';
import type { GitOpsRepository } from '../../../src/ports/gitops-repository.ts';
import { refusal } from '../../contract/git-repositories.suite.ts';
import { endChildScripts, startChildScript } from '../../support/child-script.ts';
import { startGitHttpsServer, type GitHttpsServer } from '../../support/git-https-server.ts';
import { createGitOpsRemote, gitOpsChange, type GitOpsRemote } from '../../support/gitops-remote.ts';

const PATH = process.env['PATH'] ?? '';
/** What a hook of the remote does to be faster than the push that it looks at, outside of that push's quarantine. */
const COMMIT_IN_HOOK = `env -u GIT_QUARANTINE_PATH -u GIT_OBJECT_DIRECTORY -u GIT_ALTERNATE_OBJECT_DIRECTORIES sh -c '
  export GIT_AUTHOR_NAME=F GIT_AUTHOR_EMAIL=f@example.invalid GIT_COMMITTER_NAME=F GIT_COMMITTER_EMAIL=f@example.invalid
  git update-ref refs/heads/main $(echo Faster | git commit-tree -p main "main^{tree}")'`;

let remote: GitOpsRemote;
beforeEach(async () => {
  remote = await createGitOpsRemote({
    'environments/README.md': '# Environments\n',
    'platform/Chart.yaml': 'name: p\n',
  });
});
afterEach(async () => {
  await endChildScripts();
  await remote.dispose();
});

describe('a remote', () => {
  it('without any commit gets its first one', async () => {
    const empty = await createGitOpsRemote(null);
    const repository = empty.open();
    expect(await repository.readFolder('environments')).toEqual(new Map());
    expect(await repository.commit(gitOpsChange({ 'environments/a.yaml': null }), 'Nothing')).toBe('');
    const one = await repository.commit(gitOpsChange({ 'environments/a.yaml': '1' }), 'First');
    const two = await repository.commit(gitOpsChange({ 'environments/b.yaml': '1' }), 'Second');
    expect(await empty.log('%H')).toEqual([one, two]);
    expect(await empty.files()).toEqual(['environments/a.yaml', 'environments/b.yaml']);
    await empty.dispose();
  });

  it('without any commit gets one first commit, though several come at once', async () => {
    const empty = await createGitOpsRemote(null);
    const names = ['a', 'b', 'c'];
    await Promise.all(
      names.map((name) => empty.open().commit(gitOpsChange({ [`environments/${name}.yaml`]: name }), name)),
    );
    expect(await empty.files()).toEqual(names.map((name) => `environments/${name}.yaml`));
    expect((await empty.log()).sort()).toEqual(names);
    await empty.dispose();
  });

  it('that has other branches, but not this one, is told of', async () => {
    const failure = await refusal(
      remote.open({ branch: 'delivery' }).commit(gitOpsChange({ 'environments/a.yaml': '1' }), 'Make'),
      'branch_not_found',
    );
    expect(failure.message).toBe('the GitOps repository has branches, but no delivery');
    expect(await remote.git('branch', '--list', 'delivery')).toBe('');
  });

  it('whose branch somebody deletes does not get it back by accident', async () => {
    const repository = remote.open();
    await repository.commit(gitOpsChange({ 'environments/a.yaml': '1' }), 'Make');
    await remote.git('branch', 'kept', 'main');
    await remote.git('update-ref', '-d', 'refs/heads/main');
    await refusal(repository.commit(gitOpsChange({ 'environments/b.yaml': '1' }), 'Make'), 'branch_not_found');
    await remote.git('branch', 'main', 'kept');
    await repository.commit(gitOpsChange({ 'environments/b.yaml': '1' }), 'Make b');
    expect(await remote.log()).toEqual(['Begin', 'Make', 'Make b']);
  });

  it('that refuses a push says why, and takes the next one', async () => {
    await remote.writeHook('pre-receive', 'echo "Only with a ticket, please." >&2; exit 1');
    const repository = remote.open();
    const failure = await refusal(
      repository.commit(gitOpsChange({ 'environments/a.yaml': '1' }), 'Make'),
      'push_refused',
    );
    expect(failure.message).toBe('pre-receive hook declined: Only with a ticket, please');
    expect(await remote.log()).toEqual(['Begin']);
    await rm(join(remote.path, 'hooks/pre-receive'));
    await repository.commit(gitOpsChange({ 'environments/b.yaml': '1' }), 'Make b');
    expect(await remote.log()).toEqual(['Begin', 'Make b']);
  });

  it('that is slow lets others be faster, and nothing is lost', async () => {
    const repository = remote.open();
    await repository.readFolder('');
    // Whoever pushes first is outpaced while the remote thinks.
    await remote.writeHook(
      'pre-receive',
      `test -e ${remote.folder}/once && exit 0; touch ${remote.folder}/once; ${COMMIT_IN_HOOK}`,
    );
    await repository.commit(gitOpsChange({ 'environments/a.yaml': '1' }), 'Make');
    expect(await remote.log()).toEqual(['Begin', 'Faster', 'Make']);
  });

  it('at which others are always faster is given up, and says so', async () => {
    await remote.writeHook('update', COMMIT_IN_HOOK);
    const clock = { ...createSystemClock(), sleep: () => Promise.resolve() };
    const failure = await refusal(
      remote.open({ clock }).commit(gitOpsChange({ 'environments/a.yaml': '1' }), 'Make'),
      'branch_moved',
    );
    expect(failure.message).not.toBe('');
  });

  it('that is no repository is told of', async () => {
    await refusal(remote.open({ url: remote.folder }).commit(gitOpsChange({ a: '1' }), 'Make'), 'repository_not_found');
    await refusal(
      remote.open({ policy: { allowLocal: false, privateHosts: [] } }).commit(gitOpsChange({ a: '1' }), 'Make'),
      'not_allowed',
    );
  });
});

describe('a remote by https', () => {
  const CANARY = 'canary-password-4711';
  let server: GitHttpsServer;
  beforeEach(async () => {
    server = await startGitHttpsServer(remote.path);
    await remote.git('config', 'http.receivepack', 'true');
  });
  afterEach(() => server.close());

  const openRemote = (credential: string | null): GitOpsRepository =>
    remote.open({ url: server.url, credential, userEnvironment: { PATH, GIT_SSL_CAINFO: server.certificateFile } });

  it('is pushed to with the credential', async () => {
    server.credential = `robot:${CANARY}`;
    await openRemote(server.credential).commit(gitOpsChange({ 'environments/a.yaml': '1' }), 'Make');
    expect(await remote.log()).toEqual(['Begin', 'Make']);
  });

  it('refuses a wrong credential, which no message repeats', async () => {
    server.credential = 'robot:right';
    for (const credential of [null, `robot:${CANARY}`]) {
      const failure = await refusal(
        openRemote(credential).commit(gitOpsChange({ 'environments/a.yaml': '1' }), 'Make'),
        'authentication_refused',
      );
      expect(JSON.stringify([failure.message, failure.stack])).not.toContain(CANARY);
    }
  });

  it('lets one read and not write', async () => {
    await remote.git('config', 'http.receivepack', 'false');
    const repository = openRemote(null);
    expect((await repository.readFolder('environments')).size).toBe(1);
    await refusal(repository.commit(gitOpsChange({ 'environments/a.yaml': '1' }), 'Make'), 'authentication_refused');
  });

  it('is found again after it was down, also when it took what it never confirmed', async () => {
    const repository = openRemote(null);
    await repository.commit(gitOpsChange({ 'environments/a.yaml': '1' }), 'Make a');
    server.mood = 'fail';
    await refusal(repository.commit(gitOpsChange({ 'environments/b.yaml': '1' }), 'Make b'), 'unreachable');
    server.mood = 'serve';
    await remote.pushByHand({ 'environments/b.yaml': '1' }, 'As if it were ours');
    const head = await repository.commit(gitOpsChange({ 'environments/b.yaml': '1' }), 'Make b');
    expect(await remote.git('rev-parse', 'main')).toBe(head);
    expect(await remote.log()).toEqual(['Begin', 'Make a', 'As if it were ours']);
  });
});

describe('a writer', () => {
  it('that is killed at any moment loses nothing that it acknowledged, and leaves nothing in the way', async () => {
    const clone = join(remote.folder, 'shared-clone');
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const writers = [clone, join(remote.folder, 'other-clone')].map((folder) =>
        startChildScript('gitops-until-killed.ts', [remote.path, folder]),
      );
      await Promise.all(
        writers.map(async (writer) => {
          for (let lines = 0; lines < 3; lines += 1) acknowledged.push(await writer.nextLine());
          await pause(Math.random() * 200);
          await writer.end('SIGKILL');
        }),
      );
    }
    expect(acknowledged).toHaveLength(18);
    expect(await remote.files('environments/')).toEqual(expect.arrayContaining(acknowledged));
    await remote.git('fsck', '--strict');
    await remote.open({ folder: clone }).commit(gitOpsChange({ 'environments/after.yaml': '1' }), 'After');
    expect((await remote.log()).at(-1)).toBe('After');
  });
});

describe('the clone', () => {
  it('is made anew when it is broken, locked or gone', async () => {
    const clone = join(remote.folder, 'clone');
    const repository = remote.open({ folder: clone });
    await repository.commit(gitOpsChange({ 'environments/a.yaml': '1' }), 'Make a');
    await rm(clone, { recursive: true });
    await expect(repository.commit(gitOpsChange({ 'environments/b.yaml': '1' }), 'Make b')).rejects.toThrow();
    await repository.commit(gitOpsChange({ 'environments/b.yaml': '1' }), 'Make b');
    await writeFile(join(clone, 'gitops.git/shallow.lock'), '');
    await remote.open({ folder: clone }).commit(gitOpsChange({ 'environments/c.yaml': '1' }), 'Make c');
    expect(await remote.log()).toEqual(['Begin', 'Make a', 'Make b', 'Make c']);
  });

  it('takes no settings of the user', async () => {
    const home = join(remote.folder, 'home');
    await mkdir(join(home, 'hooks'), { recursive: true });
    await writeFile(join(home, 'hooks/pre-push'), '#!/bin/sh\nexit 1\n');
    await chmod(join(home, 'hooks/pre-push'), 0o755);
    await writeFile(
      join(home, '.gitconfig'),
      [
        `[core]\n\thooksPath = ${home}/hooks\n\tautocrlf = true`,
        '[commit]\n\tgpgSign = true\n[tag]\n\tgpgSign = true\n[gpg]\n\tprogram = false',
        '[push]\n\tgpgSign = true\n\tpushOption = ci.skip\n\tdefault = nothing\n\tfollowTags = true',
        '[user]\n\tname = Somebody\n\temail = s@example.invalid\n[init]\n\tdefaultObjectFormat = sha256',
        `[url "${remote.folder}/elsewhere/"]\n\tpushInsteadOf = ${remote.folder}/`,
        '[fetch]\n\tprune = true\n\tunshallow = true\n',
      ].join('\n'),
    );
    const repository = remote.open({ userEnvironment: { PATH, HOME: home } });
    await repository.commit(gitOpsChange({ 'environments/a.yaml': 'a\r\nb\n' }), 'Make');
    expect(await remote.git('log', '-1', '--format=%an', 'main')).toBe('Blueberry');
    expect(await remote.open().readFolder('environments')).toEqual(
      new Map([
        ['environments/README.md', '# Environments\n'],
        ['environments/a.yaml', 'a\r\nb\n'],
      ]),
    );
  });
});
