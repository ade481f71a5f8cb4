import { readdir, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { endChildScripts, startChildScript, type ChildScript } from '../../support/child-script.ts';
import { processesIn } from '../../support/local-world.ts';
import { isRunning } from '../../support/processes.ts';
import { eventually } from '../../support/product.ts';

interface Deployed {
  readonly folder: string;
  readonly repository: string;
  readonly expiresAt: string;
  /** What the application answered; null when that was not waited for. */
  readonly said: string | null;
}

interface Wanted {
  readonly files: Readonly<Record<string, string>>;
  readonly livesMs: number;
  readonly serves: boolean;
}

const folders: string[] = [];

afterEach(async () => {
  await endChildScripts();
  for (const folder of folders.splice(0)) {
    for (const name of await processesIn(folder)) process.kill(Number(name.slice('process '.length)), 'SIGKILL');
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});

async function deploy(wanted: Wanted): Promise<Deployed & { readonly controlPlane: ChildScript }> {
  const controlPlane = startChildScript('deploy-until-killed.ts', [JSON.stringify(wanted)]);
  const deployed = JSON.parse(await controlPlane.nextLine()) as Deployed;
  folders.push(deployed.folder, deployed.repository);
  return { ...deployed, controlPlane };
}

const untilNoneIn = (folder: string): Promise<true> =>
  eventually(async () => ((await processesIn(folder)).length === 0 ? true : null), 15_000, 'the end of all processes');

describe('when the control plane is killed', () => {
  it('its environments run on to their end, and no longer, hidden children included', async () => {
    const program = `
      const { spawn } = require('node:child_process');
      const hidden = spawn('sleep', ['4711'], { detached: true, stdio: 'ignore' });
      hidden.unref();
      require('node:http').createServer((request, response) => response.end(process.pid + ' ' + hidden.pid))
        .listen(process.env.PORT, '127.0.0.1');`;
    const files = { 'blueberry.yaml': 'run: exec node s.js\n', 's.js': program };
    const { controlPlane, folder, said, expiresAt } = await deploy({ files, livesMs: 8_000, serves: true });
    await controlPlane.end('SIGKILL');
    const pids = (said ?? '').split(' ').map(Number);
    expect(pids).toHaveLength(2);
    expect(pids.every(isRunning)).toBe(true);
    await eventually(() => Promise.resolve(pids.some(isRunning) ? null : true), 15_000, 'the end of the application');
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt));
    await untilNoneIn(folder);
  });

  it('builds end at once', async () => {
    const files = { 'blueberry.yaml': 'build: touch begun; exec sleep 4711\nrun: node s.js\n' };
    const { controlPlane, folder } = await deploy({ files, livesMs: 600_000, serves: false });
    await eventually(
      async () => (await readdir(folder, { recursive: true })).find((path) => basename(path) === 'begun'),
      15_000,
      'the build',
    );
    expect((await processesIn(folder)).length).toBeGreaterThanOrEqual(2);
    await controlPlane.end('SIGKILL');
    await untilNoneIn(folder);
  });
});
