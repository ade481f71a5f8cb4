import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { removeFolder } from '../../../src/adapters/local-process/remove-folder.ts';
import { asUnprivileged } from '../../support/unprivileged.ts';

let root: string;
beforeEach(async () => {
  root = await asUnprivileged(() => mkdtemp(join(tmpdir(), 'blueberry-remove-')));
});
afterEach(() => rm(root, { recursive: true, force: true }));

it.each([
  ['0555', 0o555],
  ['0444', 0o444],
  ['0000', 0o000],
])('removes folders that may not be written to, as deep as they are (mode %o)', async (mode) => {
  await asUnprivileged(async () => {
    const deep = join(root, 'work', 'cache', 'module@v1', 'inner');
    await mkdir(deep, { recursive: true });
    for (const folder of [deep, join(deep, '..'), join(deep, '..', '..')]) {
      await writeFile(join(folder, 'file'), 'text', { mode: 0o444 });
      await chmod(folder, mode);
    }
    await removeFolder(join(root, 'work'));
  });
  expect(await readdir(root)).toEqual([]);
});

it('leaves alone what is only linked', async () => {
  await asUnprivileged(async () => {
    const outside = join(root, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'file'), 'text');
    await chmod(outside, 0o555);
    await mkdir(join(root, 'work', 'locked'), { recursive: true });
    await symlink(outside, join(root, 'work', 'locked', 'link'));
    await chmod(join(root, 'work', 'locked'), 0o555);
    await removeFolder(join(root, 'work'));
    expect(await readFile(join(outside, 'file'), 'utf8')).toBe('text');
    expect((await stat(outside)).mode & 0o777).toBe(0o555);
  });
});

it('is content with what is not there', async () => {
  await removeFolder(join(root, 'nothing'));
});
