import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { findProgram, howToGet } from '../../scripts/requirements.ts';

const run = promisify(execFile);

/** A real registry of the OCI distribution API, with nothing in it at first. */
export interface Registry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly port: number;
  /** Builds an image with this text in it and pushes it, as `acme/web:v1`. Returns its digest. */
  push(name: string, text: string, kind?: 'oci' | 'docker'): Promise<string>;
  /** Pushes an index of images that are there already. Returns its digest. */
  pushIndex(name: string, images: readonly string[]): Promise<string>;
  remove(name: string): Promise<void>;
  close(): Promise<void>;
}

export async function startRegistry(): Promise<Registry> {
  const crane = findProgram('crane');
  if (crane === undefined) throw new Error(`crane is missing: ${howToGet('crane')}`);
  const folder = await mkdtemp(join(tmpdir(), 'blueberry-registry-'));
  const child = spawn(crane, ['registry', 'serve', '--address', '127.0.0.1:0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const endWithTests = (): void => {
    child.kill('SIGKILL');
  };
  process.on('exit', endWithTests);
  const port = await portOf(createInterface({ input: child.stderr }));
  const host = `127.0.0.1:${String(port)}`;
  const call = async (...args: string[]): Promise<string> => (await run(crane, args)).stdout.trim();
  const digestOf = (output: string): string => output.slice(output.indexOf('@') + 1);

  return {
    host,
    port,
    async push(name, text, kind = 'oci') {
      const layer = await mkdtemp(join(folder, 'layer-'));
      await writeFile(join(layer, 'index.html'), text);
      const tar = join(layer, 'layer.tar');
      await run('tar', ['-cf', tar, '-C', layer, 'index.html']);
      const types = kind === 'oci' ? ['--oci-empty-base'] : [];
      return digestOf(await call('append', '--insecure', ...types, '-f', tar, '-t', `${host}/${name}`));
    },
    async pushIndex(name, images) {
      const manifests = images.flatMap((image) => ['-m', `${host}/${image}`]);
      return digestOf(await call('index', 'append', '--insecure', ...manifests, '-t', `${host}/${name}`));
    },
    async remove(name) {
      await call('delete', '--insecure', `${host}/${name}`);
    },
    async close() {
      process.off('exit', endWithTests);
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function portOf(lines: AsyncIterable<string>): Promise<number> {
  let said = '';
  for await (const line of lines) {
    said += `${line}\n`;
    const port = /serving on port (\d+)/.exec(line)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`The registry did not start: ${said}`);
}
