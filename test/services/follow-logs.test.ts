import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogLine } from '../../src/ports/environment-runtime.ts';
import { ADMINISTRATOR, createControlPlane, type ControlPlane } from '../support/control-plane.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';
import { eventually } from '../support/product.ts';

const line = (at: string, text: string): LogLine => ({ at, container: 'web', stream: 'stdout', text });

describe('following the log of an environment', () => {
  let plane: ControlPlane;
  let fixture: GitFixture;
  let id: string;
  let read: string[];
  let done: boolean;
  const stop = new AbortController();

  beforeEach(async () => {
    plane = await createControlPlane();
    fixture = await createGitFixture({ 'index.html': 'hello' });
    const repository = await plane.repositories.createRepository(ADMINISTRATOR, { url: fixture.path, path: '' });
    const input = { name: 'read', repository_id: repository.id, branch: 'main', ttl_hours: 72 };
    ({ id } = await plane.environments.createEnvironment(ADMINISTRATOR, input, { kind: 'manual', fork: false }));
    read = [];
    done = false;
  });
  afterEach(async () => {
    await plane.dispose();
    await fixture.dispose();
  });

  async function follow(): Promise<void> {
    const lines = await plane.environments.openLogs(ADMINISTRATOR, id, { follow: true, signal: stop.signal });
    for await (const { text } of lines) read.push(text);
    done = true;
  }

  async function passUntil(condition: () => boolean): Promise<void> {
    await eventually(async () => {
      await plane.clock.advance(250);
      return condition() ? true : null;
    });
  }

  it('waits for what is not there yet, tells each line once, and ends with the environment', async () => {
    const following = follow();
    await plane.clock.advance(1_000);
    expect(done, 'nothing of it is there yet, and it goes on').toBe(false);
    plane.runtime.lines.push(line('2030-01-01T00:00:01.000Z', 'one'));
    await plane.settle(id);
    await passUntil(() => read.length > 0);
    plane.runtime.lines.push(line('2030-01-01T00:00:02.000Z', 'two'));
    await passUntil(() => read.length > 1);
    plane.runtime.lines.push(line('2030-01-01T00:00:02.000Z', 'of the same moment'));
    await passUntil(() => read.length > 2);
    await plane.environments.deleteEnvironment(ADMINISTRATOR, id);
    await plane.settle(id);
    await passUntil(() => done);
    await following;
    expect(read).toEqual(['one', 'two', 'of the same moment']);
  });

  it('ends at once when it is not to be followed', async () => {
    const lines = await plane.environments.openLogs(ADMINISTRATOR, id, { follow: false, signal: stop.signal });
    for await (const { text } of lines) read.push(text);
    expect(read).toEqual([]);
  });
});
