import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { curlAddresses } from '../../../src/adapters/git/address-policy.ts';
import { createGitRepositories } from '../../../src/adapters/git/git-repositories.ts';
import type { RepositoryAccess } from '../../../src/ports/git-repositories.ts';
import { refusal } from '../../contract/git-repositories.suite.ts';
import { createGitFixture, type GitFixture } from '../../support/git-fixture.ts';
import { startGitHttpsServer, type GitHttpsServer } from '../../support/git-https-server.ts';

const PATH = process.env['PATH'] ?? '';

describe('an address', () => {
  it('is pinned with all others of its host', () => {
    expect(curlAddresses(['192.0.2.1', '2001:db8::1', '192.0.2.2'])).toBe('192.0.2.1,[2001:db8::1],192.0.2.2');
  });
});

describe('on the way', () => {
  let folder: string;
  let fixture: GitFixture;
  let server: GitHttpsServer;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'blueberry-addresses-'));
    fixture = await createGitFixture({ 'index.html': 'hello' });
    server = await startGitHttpsServer(fixture.path);
  });
  afterEach(async () => {
    await server.close();
    await fixture.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  /** @param programs shell scripts that are found before those of the machine */
  async function gitWith(
    privateHosts: readonly string[],
    { allowLocal = true, programs = {} }: { allowLocal?: boolean; programs?: Readonly<Record<string, string>> } = {},
  ) {
    const bin = join(folder, 'bin');
    await mkdir(bin, { recursive: true });
    for (const [name, script] of Object.entries(programs)) {
      await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
      await chmod(join(bin, name), 0o755);
    }
    return createGitRepositories({
      folder: join(folder, 'mirrors'),
      policy: { allowLocal, privateHosts },
      userEnvironment: { PATH: `${bin}:${PATH}`, GIT_SSL_CAINFO: server.certificateFile },
    });
  }

  function remote(url = `${server.url}/.git`): RepositoryAccess {
    return { id: 'repo_remote', url, credential: null };
  }

  describe('a remote', () => {
    it('is not dialled when its address is private and not listed', async () => {
      const git = await gitWith([]);
      await refusal(git.listBranches(remote()), 'not_allowed');
      await refusal(git.listBranches(remote('https://169.254.169.254/latest')), 'not_allowed');
      await refusal(git.listBranches(remote('https://[::1]:444/x')), 'not_allowed');
      await refusal(git.listBranches(remote('git@127.0.0.1:acme/web.git')), 'not_allowed');
      expect(server.requests).toEqual([]);
    });

    it.each([
      ['ssh://git@localhost:2222/acme/web.git', '[localhost]:2222'],
      ['ssh://git@localhost/acme/web.git', 'localhost'],
      ['git@localhost:acme/web.git', 'localhost'],
    ])('is known to ssh by its host and its port: %s', async (url, alias) => {
      const asked = join(folder, 'asked');
      const git = await gitWith(['localhost'], { programs: { ssh: `echo "$@" >> ${asked}; exit 255` } });
      await expect(git.listBranches(remote(url))).rejects.toMatchObject({ name: 'GitFailure' });
      expect(await readFile(asked, 'utf8')).toContain(` HostKeyAlias=${alias} `);
    });
  });

  describe('a Git that can not be held to an address', () => {
    const real = PATH.split(':')
      .map((part) => join(part, 'git'))
      .find((file) => existsSync(file));
    const programOf = (version: string): Readonly<Record<string, string>> => ({
      git: `case "$*" in *--version*) echo "git version ${version}";; *) exec ${real ?? 'git'} "$@";; esac`,
    });

    it('is called so, and reaches no host over https', async () => {
      const git = await gitWith(['localhost'], { allowLocal: false, programs: programOf('2.34.1') });
      await expect(git.check()).rejects.toThrow(/^Git 2\.34\.1 is too old .* install Git 2\.37 or newer\.$/);
      const failure = await refusal(git.listBranches(remote()), 'not_allowed');
      expect(failure.message).toContain('2.37');
      expect(server.requests).toEqual([]);
    });

    it('is good enough where repositories run with the rights of the user anyway', async () => {
      const git = await gitWith(['localhost'], { programs: programOf('2.34.1') });
      await git.check();
      expect((await git.listBranches(remote())).branches).toHaveLength(1);
    });

    it.each(['2.37.0', '2.39.5 (Apple Git-154)', '2.45.1.windows.1', '3.0.0'])('is not %s', async (version) => {
      const git = await gitWith(['localhost'], { allowLocal: false, programs: programOf(version) });
      await git.check();
      expect((await git.listBranches(remote())).branches).toHaveLength(1);
    });
  });
});
