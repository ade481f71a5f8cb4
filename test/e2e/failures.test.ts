import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  connectRepository,
  createEnvironment,
  readEnvironment,
  untilStatus,
  visit,
  type EnvironmentBody,
} from '../support/environments.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';
import { eventually, startProduct, type Product } from '../support/product.ts';

const SERVER = "require('http').createServer((q, s) => s.end('fine')).listen(process.env.PORT);\n";

interface Case {
  readonly cause: string;
  readonly files: Readonly<Record<string, string>>;
  /** All of these are in the sentence. */
  readonly says: readonly string[];
}

/** Faults that lie in the repository. The sentence names the cause and ends with what to do. */
const CASES: readonly Case[] = [
  {
    cause: 'nothing says how to run it',
    files: { 'README.md': 'Hello' },
    says: ['blueberry.yaml', 'Procfile', 'package.json', 'index.html'],
  },
  {
    cause: 'an install step fails',
    files: {
      'package.json': JSON.stringify({
        name: 'x',
        version: '1.0.0',
        scripts: { start: 'node s.js' },
        dependencies: { gone: 'file:./gone.tgz' },
      }),
    },
    says: ['npm install', 'Correct it and push'],
  },
  {
    cause: 'a build step fails, with its last lines',
    files: {
      'blueberry.yaml': 'build: echo compiling; echo "the widget is missing" >&2; exit 3\nrun: node s.js\n',
      's.js': SERVER,
    },
    says: ['exit code 3', 'the widget is missing', 'Correct it and push'],
  },
  {
    cause: 'the start command does not exist',
    files: { 'blueberry.yaml': 'run: no-such-command --serve\n' },
    says: ['no-such-command', 'Install the command'],
  },
  {
    cause: 'it crashes again and again, with its last line',
    files: { 'blueberry.yaml': 'run: echo "cannot reach the database" >&2; exit 7\n' },
    says: ['5 times', 'exit code 7', 'cannot reach the database', 'Read the log'],
  },
  {
    cause: 'the port is never opened',
    files: { 'blueberry.yaml': 'run: sleep 600\nhealth: { path: /, timeout_seconds: 2 }\n' },
    says: ['PORT'],
  },
  {
    cause: 'the health path answers 500',
    files: {
      'blueberry.yaml': 'run: node s.js\nhealth: { path: /health, timeout_seconds: 2 }\n',
      's.js': "require('http').createServer((q, s) => { s.statusCode = 500; s.end(); }).listen(process.env.PORT);\n",
    },
    says: ['/health', '500'],
  },
  {
    cause: 'blueberry.yaml has an unknown key',
    files: { 'blueberry.yaml': 'run: node s.js\nrunn: node s.js\n' },
    says: ['blueberry.yaml:2', 'runn'],
  },
  { cause: 'blueberry.yaml is not YAML', files: { 'blueberry.yaml': 'run: "node\n' }, says: ['blueberry.yaml:'] },
  {
    cause: 'blueberry.yaml refers to itself',
    files: { 'blueberry.yaml': 'run: node s.js\nvalues: &a\n  again: *a\n' },
    says: ['blueberry.yaml:'],
  },
];

describe('a failed environment', () => {
  let product: Product;
  const fixtures: GitFixture[] = [];

  beforeAll(async () => {
    product = await startProduct();
  });
  afterAll(async () => {
    await product.dispose();
    for (const fixture of fixtures) await fixture.dispose();
  });

  async function repository(files: Readonly<Record<string, string>>): Promise<{ id: string; fixture: GitFixture }> {
    const fixture = await createGitFixture(files);
    fixtures.push(fixture);
    return { fixture, id: await connectRepository(product, fixture.path) };
  }

  async function untilFailed(id: string, timeoutMs = 90_000): Promise<EnvironmentBody> {
    return untilStatus(product, id, 'failed', timeoutMs);
  }

  it.each(CASES)('says why: $cause', async ({ files, says }) => {
    const { id: repositoryId } = await repository(files);
    const { id, name } = await createEnvironment(product, { repository_id: repositoryId });
    const failed = await untilFailed(id);
    for (const part of says) expect(failed.message).toContain(part);
    expect(failed.message).toMatch(/\.$/);
    const page = await visit(product, name, '/', { accept: 'text/html' });
    expect(page.status).toBeGreaterThanOrEqual(500);
    const problem = await visit(product, name, '/', { accept: 'application/json' });
    expect((JSON.parse(problem.text) as { detail: string }).detail).toContain(failed.message);
    expect((await product.api('DELETE', `/api/environments/${id}`)).status).toBe(202);
  });

  it('says that the branch is missing, and takes it up when it is pushed', async () => {
    const { id: repositoryId, fixture } = await repository({ 'index.html': 'here' });
    const { id } = await createEnvironment(product, { repository_id: repositoryId, branch: 'not-yet' });
    expect((await untilFailed(id)).message).toContain('no branch not-yet');
    await fixture.git('branch', 'not-yet');
    await untilStatusAfterFailure(id, 'ready');
  });

  it('says that the repository cannot be found any more', async () => {
    const { id: repositoryId, fixture } = await repository({ 'index.html': 'here' });
    await rm(fixture.path, { recursive: true });
    const { id } = await createEnvironment(product, { repository_id: repositoryId });
    expect((await untilFailed(id)).message).toMatch(/could not be fetched|can't be reached/);
  });

  it('says that a commit is gone, and a good one heals it', async () => {
    const { id: repositoryId } = await repository({ 'index.html': 'here' });
    const { id } = await createEnvironment(product, { repository_id: repositoryId });
    await untilStatus(product, id, 'ready');
    await product.api('POST', `/api/environments/${id}/redeploy`, {
      commit_sha: '0123456789012345678901234567890123456789',
    });
    expect((await untilFailed(id)).message).toContain('0123456');
    await product.api('POST', `/api/environments/${id}/redeploy`);
    await untilStatusAfterFailure(id, 'ready');
  });

  it('shows the reason instead of old code when a new commit does not start, and the next commit heals it', async () => {
    const { id: repositoryId, fixture } = await repository({ 'blueberry.yaml': 'run: node s.js\n', 's.js': SERVER });
    const { id, name } = await createEnvironment(product, { repository_id: repositoryId });
    await untilStatus(product, id, 'ready');
    await fixture.commit({ 's.js': 'throw new Error("broken by this commit");\n' });
    const failed = await untilFailed(id);
    expect(failed.message).toContain('broken by this commit');
    expect((await visit(product, name)).status).toBeGreaterThanOrEqual(500);
    await fixture.commit({ 's.js': SERVER.replace('fine', 'healed') });
    await untilStatusAfterFailure(id, 'ready');
    expect((await visit(product, name)).text).toBe('healed');
  });

  async function untilStatusAfterFailure(id: string, wanted: EnvironmentBody['status']): Promise<void> {
    await eventually(
      async () => {
        const now = await readEnvironment(product, id);
        return now.status === wanted ? now : null;
      },
      60_000,
      `${id} to be ${wanted}`,
    );
  }
});
