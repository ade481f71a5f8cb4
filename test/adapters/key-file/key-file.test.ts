import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeyFileCipher } from '../../../src/adapters/key-file/key-file-cipher.ts';

describe('key file', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'blueberry-key-'));
    file = join(folder, 'data', 'cipher.key');
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const open = () => createKeyFileCipher({ file });

  it('is made when it is first needed, for its owner only, with nothing left beside it', async () => {
    const cipher = open();
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
    await cipher.seal('text', 'id');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'data'))).toEqual(['cipher.key']);
  });

  it('is one file, however many need it first', async () => {
    const ciphers = Array.from({ length: 20 }, open);
    const sealed = await Promise.all(ciphers.map((cipher) => cipher.seal('text', 'id')));
    for (const cipher of ciphers) for (const text of sealed) expect(await cipher.open(text, 'id')).toBe('text');
  });

  it('seals with its first key and opens with each', async () => {
    const old = await open().seal('old', 'id');
    const kept = await readFile(file, 'utf8');
    await rm(file);
    const young = await open().seal('young', 'id');
    const [newKey = ''] = (await readFile(file, 'utf8')).split('\n').filter((line) => /^[a-z0-9]+ /.test(line));
    await writeFile(file, `${newKey}\n\n# older\n${kept}`);
    const both = open();
    expect(await both.open(old, 'id')).toBe('old');
    expect(await both.open(young, 'id')).toBe('young');
    expect((await both.seal('x', 'id')).split('.')[1]).toBe(newKey.split(' ')[0]);
  });

  it('says which key is missing', async () => {
    const sealed = await open().seal('text', 'id');
    await rm(file);
    await expect(open().open(sealed, 'id')).rejects.toMatchObject({
      code: 'secret_unreadable',
      message: expect.stringMatching(/key [0-9a-f]{12}, which the key file does not hold.*backup\.$/) as string,
    });
  });

  it.each([
    ['readable by the group', 0o640, /mode 640\). Run: chmod 600 .*cipher\.key\.$/],
    ['readable by everyone', 0o604, /mode 604\). Run: chmod 600/],
  ])('is refused when it is %s', async (_what, mode, sentence) => {
    await open().check();
    await chmod(file, mode);
    await expect(open().check()).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'key_file',
      message: expect.stringMatching(sentence) as string,
    });
  });

  it.each([
    ['is empty', () => '', /holds no key: it has been cut off/],
    ['holds comments only', () => '# nothing\n\n', /holds no key/],
    ['has been cut off in the middle of a key', (text: string) => text.trimEnd().slice(0, -9), /damaged in line 3/],
    ['has lost its last character', (text: string) => text.trimEnd().slice(0, -1), /damaged in line 3/],
    ['holds something else', () => '{"keys": []}', /damaged in line 1/],
    ['names a key twice', (text: string) => text + text, /twice/],
  ])('is refused when it %s', async (_what, change, sentence) => {
    await open().check();
    await writeFile(file, change(await readFile(file, 'utf8')));
    const expected = { kind: 'unavailable', code: 'key_file', message: expect.stringMatching(sentence) as string };
    await expect(open().check()).rejects.toMatchObject(expected);
    await expect(open().seal('text', 'id')).rejects.toMatchObject(expected);
  });

  it('never repeats a key in what it says', async () => {
    await open().check();
    const text = await readFile(file, 'utf8');
    const key = /^[a-z0-9]+ (\S+)$/m.exec(text)?.[1] ?? 'no key';
    await writeFile(file, `${text}\nBroken! ${key}`);
    await expect(open().check()).rejects.toSatisfy((error: Error) => !error.message.includes(key));
  });

  it('is refused where a folder stands in its place', async () => {
    await expect(createKeyFileCipher({ file: folder }).check()).rejects.toMatchObject({ code: 'key_file' });
  });
});
