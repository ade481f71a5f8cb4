import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGitRepositories } from '../../../src/adapters/git/git-repositories.ts';
import type { GitRepositories, RepositoryAccess } from '../../../src/ports/git-repositories.ts';
import { refusal } from '../../contract/git-repositories.suite.ts';
import { createGitFixture, type GitFixture } from '../../support/git-fixture.ts';
import { startGitHttpsServer, type GitHttpsServer } from '../../support/git-https-server.ts';

let folder: string;
let fixture: GitFixture;
let server: GitHttpsServer;
let git: GitRepositories;
let access: RepositoryAccess;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blueberry-sharing-'));
  fixture = await createGitFixture({ 'index.html': 'hello' });
  await fixture.git('branch', 'other');
  server = await startGitHttpsServer(fixture.path);
  const userEnvironment = { PATH: process.env['PATH'] ?? '', GIT_SSL_CAINFO: server.certificateFile };
  git = createGitRepositories({ folder, policy: { allowLocal: false, privateHosts: ['localhost'] }, userEnvironment });
  access = { id: 'repo_shared', url: `${server.url}/.git`, credential: null };
});
afterEach(async () => {
  await server.close();
  await fixture.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** Asks `ask` twice while the remote hangs; then one of the two gives up, and the remote goes on. */
async function oneOfTwoLeaves<T>(leaving: 'first' | 'second', ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  server.mood = 'hang';
  const [first, second] = [new AbortController(), new AbortController()];
  const before = new AbortController();
  const busy = git.fetchBranch(access, 'main', before.signal);
  await expect.poll(() => server.requests.length).toBeGreaterThan(0);
  const asked = [ask(first.signal), ask(second.signal)] as const;
  const [left, right] = leaving === 'first' ? asked : [asked[1], asked[0]];
  const gone = refusal(left, 'failed');
  (leaving === 'first' ? first : second).abort();
  expect((await gone).message).toBe('was called off');
  server.mood = 'serve';
  before.abort();
  await refusal(busy, 'failed');
  return right;
}

describe('two who wait for the same fetch', () => {
  it.each(['first', 'second'] as const)('are told apart when the %s one gives up', async (leaving) => {
    const { subject } = await oneOfTwoLeaves(leaving, (signal) => git.fetchBranch(access, 'other', signal));
    expect(subject).toBe('Begin');
  });

  it('with another credential do not share it', async () => {
    server.credential = 'robot:right';
    const asked = [
      git.fetchBranch({ ...access, credential: 'robot:wrong' }, 'main'),
      git.fetchBranch({ ...access, credential: 'robot:wrong' }, 'other'),
      git.fetchBranch({ ...access, credential: 'robot:right' }, 'other'),
    ] as const;
    await refusal(asked[0], 'authentication_refused');
    await refusal(asked[1], 'authentication_refused');
    expect(await asked[2]).toMatchObject({ subject: 'Begin' });
  });
});

describe('those who look at a remote at the same time', () => {
  it('share one look, and the next one is a new one', async () => {
    await git.listBranches(access);
    const ofOneLook = server.requests.length;
    const looks = await Promise.all(Array.from({ length: 20 }, () => git.listBranches(access)));
    expect(new Set(looks.map(({ branches }) => branches.length))).toEqual(new Set([2]));
    expect(server.requests).toHaveLength(2 * ofOneLook);
    await fixture.git('branch', 'new');
    expect((await git.listBranches(access)).branches).toHaveLength(3);
  });

  it.each(['first', 'second'] as const)('are told apart when the %s one gives up', async (leaving) => {
    server.mood = 'hang';
    const [first, second] = [new AbortController(), new AbortController()];
    const looks = [git.listBranches(access, first.signal), git.listBranches(access, second.signal)] as const;
    await expect.poll(() => server.requests.length).toBe(1);
    const [leaver, stayer] = leaving === 'first' ? [first, second] : [second, first];
    const [left, right] = leaving === 'first' ? looks : [looks[1], looks[0]];
    leaver.abort();
    await refusal(left, 'failed');
    let told = false;
    const end = refusal(right, 'failed').then(() => (told = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(told, 'who stays is not told').toBe(false);
    stayer.abort();
    await end;
    server.mood = 'serve';
    expect((await git.listBranches(access)).branches).toHaveLength(2);
  });
});
