import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refusal } from '../../contract/git-repositories.suite.ts';
import { createGitOpsRemote, gitOpsChange, type GitOpsRemote } from '../../support/gitops-remote.ts';

let remote: GitOpsRemote;
beforeEach(async () => {
  remote = await createGitOpsRemote({
    'environments/README.md': '# Environments\n',
    'platform/Chart.yaml': 'name: p\n',
  });
});
afterEach(() => remote.dispose());

describe('a change', () => {
  it('is a commit of Blueberry on top of the branch, which leaves all else as it was', async () => {
    const before = await remote.git('rev-parse', 'main');
    const head = await remote
      .open()
      .commit(gitOpsChange({ 'environments/env-a.yaml': 'kind: Application\n' }), 'env a: deploy 3f2a1c9\n\nBecause');
    expect(await remote.git('rev-parse', 'main')).toBe(head);
    expect(await remote.git('rev-parse', 'main^')).toBe(before);
    expect(await remote.git('log', '-1', '--format=%an <%ae>|%cn <%ce>|%B', 'main')).toBe(
      'Blueberry <blueberry@example.invalid>|Blueberry <blueberry@example.invalid>|env a: deploy 3f2a1c9\n\nBecause',
    );
    const age = Date.now() / 1000 - Number(await remote.git('log', '-1', '--format=%ct', 'main'));
    expect(age).toBeLessThan(60);
    expect(await remote.files()).toEqual(['environments/README.md', 'environments/env-a.yaml', 'platform/Chart.yaml']);
    expect(await remote.fileAt('environments/env-a.yaml')).toBe('kind: Application');
  });

  it('takes any text, and leaves it as it is', async () => {
    const text = 'data 5\nM 100644 inline x\r\n\u2028"\\ä\0\n\n';
    const repository = remote.open();
    await repository.commit(gitOpsChange({ 'environments/odd.yaml': text }), 'D environments/README.md');
    const files = await repository.readFolder('environments');
    expect(files.get('environments/odd.yaml')).toBe(text);
    expect([...files.keys()]).toEqual(['environments/README.md', 'environments/odd.yaml']);
  });

  it('replaces and removes files', async () => {
    const repository = remote.open();
    await repository.commit(gitOpsChange({ 'environments/a.yaml': '1', 'environments/b.yaml': '1' }), 'Make');
    await repository.commit(gitOpsChange({ 'environments/a.yaml': '2', 'environments/b.yaml': null }), 'Change');
    expect(await remote.files('environments/')).toEqual(['environments/README.md', 'environments/a.yaml']);
    expect(await remote.fileAt('environments/a.yaml')).toBe('2');
  });

  it('of what is so already makes no commit', async () => {
    const first = remote.open();
    const head = await first.commit(gitOpsChange({ 'environments/a.yaml': '1' }), 'Make');
    expect(
      await first.commit(gitOpsChange({ 'environments/a.yaml': '1', 'environments/none.yaml': null }), 'Again'),
    ).toBe(head);
    expect(await remote.open().commit(gitOpsChange({ 'environments/a.yaml': '1' }), 'Again')).toBe(head);
    expect(await remote.log()).toEqual(['Begin', 'Make']);
  });

  it('is made against what the remote has, not against what was seen there last', async () => {
    const repository = remote.open();
    await repository.commit(gitOpsChange({ 'environments/a.yaml': '1' }), 'Make');
    await remote.pushByHand({ 'environments/a.yaml': 'edited', 'environments/by-hand.yaml': 'x' });
    await repository.commit(gitOpsChange({ 'environments/a.yaml': '1' }), 'Put back');
    expect(await remote.fileAt('environments/a.yaml')).toBe('1');
    expect(await remote.fileAt('environments/by-hand.yaml')).toBe('x');
    expect(await remote.log()).toEqual(['Begin', 'Make', 'By hand', 'Put back']);
  });

  it('finds its way after the branch was reset', async () => {
    const repository = remote.open();
    const before = await remote.git('rev-parse', 'main');
    await repository.commit(gitOpsChange({ 'environments/a.yaml': '1' }), 'Make');
    await remote.git('update-ref', 'refs/heads/main', before);
    await repository.commit(gitOpsChange({ 'environments/b.yaml': '1' }), 'Make another');
    expect(await remote.log()).toEqual(['Begin', 'Make another']);
  });

  it('is refused where its path leads elsewhere', async () => {
    for (const path of ['', '/etc/passwd', '../x', 'a/../b', '.git/config', 'a//b', 'a/', 'a\nD b', '"a"', 'a/.git'])
      await refusal(remote.open().commit(gitOpsChange({ [path]: 'x' }), 'Escape'), 'not_allowed');
    expect(await remote.log()).toEqual(['Begin']);
  });
});

describe('many at once', () => {
  it('share commits, each of which names all that it is for', async () => {
    const repository = remote.open();
    const names = Array.from({ length: 40 }, (_, index) => `env-${String(index)}`);
    await Promise.all(
      names.map((name) => repository.commit(gitOpsChange({ [`environments/${name}.yaml`]: name }), `${name}: deploy`)),
    );
    expect((await remote.files('environments/')).length).toBe(41);
    const messages = (await remote.log('%B')).join('\n');
    for (const name of names) expect(messages).toContain(`${name}: deploy`);
    const commits = (await remote.log()).length - 1;
    expect(commits).toBeLessThan(5);
  });

  it('of several writers lose nothing', async () => {
    const writers = Array.from({ length: 4 }, () => remote.open());
    const jobs = writers.flatMap((repository, writer) =>
      Array.from({ length: 10 }, async (_, index) => {
        await new Promise((resolve) => setTimeout(resolve, index * 40));
        const path = `environments/w${String(writer)}-${String(index)}.yaml`;
        const head = await repository.commit(gitOpsChange({ [path]: `${String(writer)} ${String(index)}` }), path);
        // It says that the remote has it only once that is so.
        expect(await remote.git('merge-base', '--is-ancestor', head, 'main').then(() => true)).toBe(true);
        return path;
      }),
    );
    const paths = await Promise.all(jobs);
    expect(await remote.files('environments/')).toEqual(['environments/README.md', ...paths].sort());
    for (const path of paths) expect((await remote.log('%B')).join('\n')).toContain(path);
  });

  it('that want different things of one file get the last of them', async () => {
    const repository = remote.open();
    const texts = ['1', '2', '3', null, '5'];
    await Promise.all(
      texts.map((text) => repository.commit(gitOpsChange({ 'environments/a.yaml': text }), String(text))),
    );
    expect(await remote.fileAt('environments/a.yaml')).toBe('5');
  });
});

describe('reading', () => {
  it('gives the files of a folder as they are now, and leaves out what is no file', async () => {
    await remote.pushByHand({
      'environments/a.yaml': 'ä',
      'environments/sub/b.yaml': 'b',
      'environments-2/c.yaml': 'c',
    });
    await remote.byHand(
      'update-index',
      '--add',
      '--cacheinfo',
      `120000,${await remote.byHand('rev-parse', 'HEAD:platform/Chart.yaml')},environments/link.yaml`,
    );
    await remote.byHand('commit', '--quiet', '--message', 'Link');
    await remote.byHand('push', '--quiet', remote.path, 'HEAD:main');
    const repository = remote.open();
    expect([...(await repository.readFolder('environments'))]).toEqual([
      ['environments/README.md', '# Environments\n'],
      ['environments/a.yaml', 'ä'],
      ['environments/sub/b.yaml', 'b'],
    ]);
    await remote.pushByHand({ 'environments/a.yaml': 'changed' });
    expect((await repository.readFolder('environments')).get('environments/a.yaml')).toBe('changed');
    expect(await repository.readFolder('nowhere')).toEqual(new Map());
    expect((await repository.readFolder('')).size).toBe(5);
  });

  it('takes thousands of files', async () => {
    const files = Array.from({ length: 3000 }, (_, index) => [
      `environments/${String(index)}.yaml`,
      `${String(index)} ${'x'.repeat(9000)}`,
    ]);
    const repository = remote.open();
    await repository.commit(gitOpsChange(Object.fromEntries(files)), 'Many');
    const read = await remote.open().readFolder('environments');
    expect(read.size).toBe(3001);
    expect(read.get('environments/2999.yaml')).toBe(files[2999]?.[1]);
  });
});
