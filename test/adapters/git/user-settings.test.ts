import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureDemoRepository } from '../../../src/adapters/git/demo-repository.ts';
import { createGitRepositories } from '../../../src/adapters/git/git-repositories.ts';
import { createWorktreeCheckouts } from '../../../src/adapters/git/worktree-checkouts.ts';
import type { RepositoryAccess } from '../../../src/ports/git-repositories.ts';
import { createGitFixture, type GitFixture } from '../../support/git-fixture.ts';
import { startGitHttpsServer, type GitHttpsServer } from '../../support/git-https-server.ts';

let folder: string;
let fixture: GitFixture;
let server: GitHttpsServer;
let userEnvironment: Record<string, string>;
let local: RepositoryAccess;
let remote: RepositoryAccess;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blueberry-user-'));
  fixture = await createGitFixture({ '.gitattributes': '*.bin filter=lfs\n', 'a.bin': 'pointer\n', 'a.txt': 'text\n' });
  server = await startGitHttpsServer(fixture.path);
  userEnvironment = {
    PATH: process.env['PATH'] ?? '',
    HOME: join(folder, 'home'),
    GIT_SSL_CAINFO: server.certificateFile,
  };
  local = { id: 'repo_local', url: fixture.path, credential: null };
  remote = { id: 'repo_remote', url: `${server.url}/.git`, credential: null };
});
afterEach(async () => {
  await server.close();
  await fixture.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function configure(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, 'home', name)), { recursive: true });
    await writeFile(join(folder, 'home', name), text);
  }
}

function open() {
  const policy = { allowLocal: true, privateHosts: ['localhost'] };
  return {
    git: createGitRepositories({ folder: join(folder, 'mirrors'), policy, userEnvironment }),
    checkouts: createWorktreeCheckouts({ folder: join(folder, 'mirrors'), userEnvironment }),
  };
}

/** Makes the newest commit look signed, which is all that it takes. */
async function signHead(): Promise<string> {
  const head = await fixture.git('cat-file', 'commit', 'HEAD');
  const [fields = '', ...message] = head.split('\n\n');
  const signature = 'gpgsig -----BEGIN PGP SIGNATURE-----\n \n none\n -----END PGP SIGNATURE-----';
  const file = join(folder, 'signed');
  await writeFile(file, `${fields}\n${signature}\n\n${message.join('\n\n')}\n`);
  const commit = await fixture.git('hash-object', '-t', 'commit', '-w', file);
  await fixture.git('update-ref', 'refs/heads/main', commit);
  return commit;
}

describe('settings of the user', () => {
  it('for logs do not come in between', async () => {
    await configure({ '.gitconfig': '[log]\n\tshowSignature = true\n[format]\n\tpretty = oneline\n' });
    await fixture.git('-c', 'gpg.program=false', 'commit', '--allow-empty', '--message', 'Signed');
    const commit = await signHead();
    expect(await open().git.fetchBranch(local, 'main')).toMatchObject({ commit, subject: 'Signed' });
  });

  it('for filters, attributes and object formats do not change what is checked out', async () => {
    await configure({
      '.gitconfig': [
        '[filter "lfs"]\n\tsmudge = false\n\tprocess = false\n\trequired = true',
        '[init]\n\tdefaultObjectFormat = sha256',
        '[core]\n\tautocrlf = true\n',
      ].join('\n'),
      '.config/git/attributes': '*.txt text eol=crlf\n',
    });
    const { git, checkouts } = open();
    const { commit } = await git.fetchBranch(local, 'main');
    const work = join(folder, 'work');
    await checkouts.checkout({ repositoryId: local.id, commit, folder: work, label: 'env_a-1' });
    expect(await readFile(join(work, 'a.bin'), 'utf8')).toBe('pointer\n');
    expect(await readFile(join(work, 'a.txt'), 'utf8')).toBe('text\n');
  });

  it('for URLs to use instead lead nowhere else', async () => {
    const elsewhere = (what: string): string => `[url "${join(folder, 'nowhere')}/"]\n\tinsteadOf = ${what}\n`;
    const pieces = ['/', tmpdir(), 'https://', `https://localhost:${String(server.port)}/`];
    await configure({ '.gitconfig': pieces.map(elsewhere).join('') });
    const { git } = open();
    expect((await git.listBranches(local)).branches).toHaveLength(1);
    expect((await git.listBranches(remote)).branches).toHaveLength(1);
    expect((await git.fetchBranch(local, 'main')).subject).toBe('Begin');
    expect((await git.fetchBranch(remote, 'main')).subject).toBe('Begin');
  });

  it('that say how to get out, whom to trust and who one is, count', async () => {
    server.credential = 'robot:pass';
    delete userEnvironment['GIT_SSL_CAINFO'];
    const helper = `!f() { echo username=robot; echo password=pass; }; f`;
    const settings = `[http]\n\tsslCAInfo = ${server.certificateFile}\n[credential]\n\thelper = "${helper}"\n`;
    await configure({ '.gitconfig': settings });
    expect((await open().git.listBranches(remote)).branches).toHaveLength(1);
  });

  it('for commits do not stand in the way of the demo repository', async () => {
    await configure({
      '.gitconfig': '[commit]\n\tgpgSign = true\n\tcleanup = nonsense\n[gpg]\n\tprogram = false\n',
    });
    const demo = await ensureDemoRepository(join(folder, 'demo'), userEnvironment);
    expect(demo.branches).toContain('main');
  });
});
