import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyFileCipher } from '../../src/adapters/key-file/key-file-cipher.ts';
import { describeCipherContract } from './cipher.suite.ts';

describeCipherContract('key file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'blueberry-cipher-'));
  const open = (name: string) => createKeyFileCipher({ file: join(folder, name) });
  return {
    cipher: open('cipher.key'),
    reopen: async () => open('cipher.key'),
    openElsewhere: async () => open('other.key'),
    dispose: () => rm(folder, { recursive: true }),
  };
});
