import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGitRepositories } from '../../src/adapters/git/git-repositories.ts';
import { createGitFixture } from '../support/git-fixture.ts';
import { startGitHttpsServer } from '../support/git-https-server.ts';
import { describeGitRepositoriesContract } from './git-repositories.suite.ts';

const PATH = process.env['PATH'] ?? '';

describeGitRepositoriesContract('a local path', async () => {
  const fixture = await createGitFixture({ 'index.html': 'hello' });
  const folder = await mkdtemp(join(tmpdir(), 'blueberry-git-'));
  const policy = { allowLocal: true, privateHosts: [] };
  return {
    git: createGitRepositories({ folder, policy, userEnvironment: { PATH } }),
    fixture,
    access: { id: 'repo_local', url: fixture.path, credential: null },
    async dispose() {
      await fixture.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
});

describeGitRepositoriesContract('https with a credential', async () => {
  const fixture = await createGitFixture({ 'index.html': 'hello' });
  const server = await startGitHttpsServer(fixture.path);
  server.credential = 'robot:pass word:with colon';
  const folder = await mkdtemp(join(tmpdir(), 'blueberry-git-'));
  const policy = { allowLocal: false, privateHosts: ['localhost'] };
  return {
    git: createGitRepositories({ folder, policy, userEnvironment: { PATH, GIT_SSL_CAINFO: server.certificateFile } }),
    fixture,
    access: { id: 'repo_https', url: `${server.url}/.git`, credential: server.credential },
    async dispose() {
      await server.close();
      await fixture.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
});
