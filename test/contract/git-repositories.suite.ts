import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GitFailure, type GitFailureReason } from '../../src/core/git-failure.ts';
import type { GitRepositories, RepositoryAccess } from '../../src/ports/git-repositories.ts';
import type { GitFixture } from '../support/git-fixture.ts';

export interface GitRepositoriesHarness {
  readonly git: GitRepositories;
  /** The remote, with a work tree to commit in. */
  readonly fixture: GitFixture;
  readonly access: RepositoryAccess;
  dispose(): Promise<void>;
}

/** Fails unless the promise is rejected with a `GitFailure` of this reason. */
export async function refusal(promise: Promise<unknown>, reason: GitFailureReason): Promise<GitFailure> {
  const error: unknown = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(GitFailure);
  expect(error).toMatchObject({ reason });
  return error as GitFailure;
}

/** What every adapter of the port does, wherever the remote is. */
export function describeGitRepositoriesContract(
  name: string,
  makeHarness: () => Promise<GitRepositoriesHarness>,
): void {
  describe(`GitRepositories: ${name}`, () => {
    let harness: GitRepositoriesHarness;
    beforeEach(async () => {
      harness = await makeHarness();
    });
    afterEach(async () => {
      await harness.dispose();
    });

    it('lists branches with their heads, in order, and what HEAD says', async () => {
      const { git, fixture, access } = harness;
      const names = ['zebra', 'a;$(id)', '<img/src=x>', 'täst', "it's", 'feature/deep/er'];
      for (const branch of names) await fixture.git('branch', '--', branch);
      const head = await fixture.git('rev-parse', 'HEAD');
      const listed = await git.listBranches(access);
      expect(listed.defaultBranch).toBe('main');
      expect(listed.branches).toEqual([...names, 'main'].sort().map((branch) => ({ name: branch, commit: head })));
    });

    it('says that there is no default branch when HEAD leads nowhere', async () => {
      const { git, fixture, access } = harness;
      await fixture.git('symbolic-ref', 'HEAD', 'refs/heads/nowhere');
      expect(await git.listBranches(access)).toMatchObject({ defaultBranch: null, branches: [{ name: 'main' }] });
    });

    it('fetches the newest commit of a branch, again and again, also after it was rewritten', async () => {
      const { git, fixture, access } = harness;
      const first = await git.fetchBranch(access, 'main');
      expect(first).toMatchObject({ commit: await fixture.git('rev-parse', 'HEAD'), subject: 'Begin', author: 'Test' });
      expect(Date.now() - Date.parse(first.committedAt)).toBeLessThan(60_000);
      const second = await fixture.commit({ 'a.txt': 'second' }, 'Second <b>&</b>');
      expect(await git.fetchBranch(access, 'main')).toMatchObject({ commit: second, subject: 'Second <b>&</b>' });
      await fixture.git('commit', '--quiet', '--amend', '--message', 'Rewritten');
      expect(await git.fetchBranch(access, 'main')).toMatchObject({ subject: 'Rewritten' });
      expect((await git.recentCommits(access, 'main', 5)).map(({ subject }) => subject)).toEqual([
        'Rewritten',
        'Begin',
      ]);
    });

    it('follows a branch that becomes a folder of branches', async () => {
      const { git, fixture, access } = harness;
      await fixture.git('branch', 'topic');
      await git.fetchBranch(access, 'topic');
      await fixture.git('branch', '-D', 'topic');
      await fixture.git('branch', 'topic/one');
      expect((await git.fetchBranch(access, 'topic/one')).commit).toBe(await fixture.git('rev-parse', 'HEAD'));
    });

    it('fetches a given commit, and reads files at it', async () => {
      const { git, fixture, access } = harness;
      const old = await fixture.commit({ 'blueberry.yaml': 'run: old\n', 'deep/file.txt': 'deep' });
      await fixture.commit({ 'blueberry.yaml': 'run: new\n' });
      await git.fetchBranch(access, 'main');
      expect((await git.fetchCommit(access, old)).commit).toBe(old);
      expect(await git.readFile(access, old, 'blueberry.yaml')).toBe('run: old\n');
      expect(await git.readFile(access, old, 'deep/file.txt')).toBe('deep');
      expect(await git.readFile(access, old, 'deep')).toBeNull();
      expect(await git.readFile(access, old, 'missing.yaml')).toBeNull();
    });

    it('refuses to read a file that is too large', async () => {
      const { git, fixture, access } = harness;
      const commit = await fixture.commit({ 'large.txt': 'x'.repeat(300 * 1024) });
      await git.fetchBranch(access, 'main');
      await expect(git.readFile(access, commit, 'large.txt')).rejects.toThrow('larger than 256 KiB');
    });

    it('tells a missing branch from a missing commit', async () => {
      const { git, access } = harness;
      await refusal(git.fetchBranch(access, 'not-there'), 'branch_not_found');
      await refusal(git.fetchCommit(access, '0123456789012345678901234567890123456789'), 'commit_gone');
      await refusal(git.fetchCommit(access, '--upload-pack=touch /tmp/owned'), 'commit_gone');
    });

    it('stays right when many ask at once while somebody pushes', async () => {
      const { git, fixture, access } = harness;
      let last = '';
      const pushing = (async () => {
        for (let number = 0; number < 10; number += 1) {
          last = await fixture.commit({ 'n.txt': String(number) });
          await sleep(5);
        }
      })();
      const answers = Array.from({ length: 20 }, () => git.fetchBranch(access, 'main'));
      await Promise.all([pushing, ...answers]);
      expect((await git.fetchBranch(access, 'main')).commit).toBe(last);
    });

    it('can be called off', async () => {
      const { git, access } = harness;
      await expect(git.fetchBranch(access, 'main', AbortSignal.abort())).rejects.toBeInstanceOf(GitFailure);
      await git.fetchBranch(access, 'main');
    });

    it('forgets what was fetched, and fetches it again', async () => {
      const { git, access } = harness;
      const { commit } = await git.fetchBranch(access, 'main');
      await git.forget(access.id);
      await git.forget(access.id);
      await expect(git.readFile(access, commit, 'index.html')).rejects.toBeInstanceOf(GitFailure);
      expect((await git.fetchCommit(access, commit)).commit).toBe(commit);
    });
  });
}
