import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageManagerOf } from '../../../src/adapters/local-process/package-manager.ts';

describe('where only npm is there', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'blueberry-package-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it.each<[string, string[], string]>([
    ['pnpm', ['pnpm-lock.yaml'], 'npm exec --yes --package=pnpm -- pnpm install --frozen-lockfile --prod=false'],
    ['Yarn', ['yarn.lock'], 'npm exec --yes --package=yarn@1 -- yarn install --frozen-lockfile --production=false'],
    ['a later Yarn', ['yarn.lock', '.yarnrc.yml'], 'npm install --include=dev --no-audit --no-fund --no-package-lock'],
  ])('a package for %s is installed through it, and its scripts are run by it', async (_what, files, install) => {
    await writeFile(join(folder, 'package.json'), '{"dependencies":{"a":"1"}}');
    for (const file of files) await writeFile(join(folder, file), '');
    const manager = await packageManagerOf({ folder, checkout: folder }, (name) => name === 'npm');
    expect(manager).toMatchObject({ name: 'npm', install });
  });
});
