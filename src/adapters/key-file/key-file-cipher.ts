import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { link, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../../core/errors.ts';
import type { Cipher } from '../../ports/cipher.ts';

const FORMAT = 'v1';
const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID_LENGTH = 8;

interface Key {
  readonly id: string;
  readonly bytes: Buffer;
}

/**
 * AES-256-GCM with keys from a file: one key a line, base64, the first seals and all of them open, so a new key is put in
 * front to rotate. The file is made at first use, readable by its owner only.
 */
export function createKeyFileCipher({ file }: { readonly file: string }): Cipher {
  let loaded: Promise<readonly Key[]> | null = null;

  function keys(): Promise<readonly Key[]> {
    loaded ??= loadKeys(file).catch((error: unknown) => {
      loaded = null;
      throw error;
    });
    return loaded;
  }

  return {
    async seal(plainText, associatedData) {
      const [key] = await keys();
      if (!key) throw keyFileFault(file, 'holds no key');
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key.bytes, nonce).setAAD(Buffer.from(associatedData));
      const sealed = Buffer.concat([nonce, cipher.update(plainText, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${FORMAT}.${key.id}.${sealed.toString('base64url')}`;
    },
    async open(sealedText, associatedData) {
      const [format, keyId, payload] = sealedText.split('.');
      if (format !== FORMAT || keyId === undefined || payload === undefined)
        throw unopenable('it is not in a known format');
      const key = (await keys()).find(({ id }) => id === keyId);
      if (!key) throw unopenable(`the key ${keyId} that sealed it is not in ${file}`);
      const sealed = Buffer.from(payload, 'base64url');
      if (sealed.length < NONCE_BYTES + TAG_BYTES) throw unopenable('it was cut off');
      try {
        const decipher = createDecipheriv(ALGORITHM, key.bytes, sealed.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        })
          .setAAD(Buffer.from(associatedData))
          .setAuthTag(sealed.subarray(-TAG_BYTES));
        return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString(
          'utf8',
        );
      } catch {
        throw unopenable('it was changed, or belongs to another record');
      }
    },
    async check() {
      await keys();
    },
  };
}

async function loadKeys(file: string): Promise<readonly Key[]> {
  const text = await readFile(file, 'utf8').catch(async (error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return makeKeyFile(file);
    throw keyFileFault(file, `can't be read (${String(error)})`);
  });
  const { mode } = await stat(file);
  if ((mode & 0o077) !== 0) throw keyFileFault(file, 'can be read by others. Run: chmod 600 on it');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) throw keyFileFault(file, 'is empty');
  return lines.map((line) => {
    const bytes = Buffer.from(line.trim(), 'base64');
    if (bytes.length !== KEY_BYTES) throw keyFileFault(file, 'holds a line that is not a key of 256 bits in base64');
    return { id: createHash('sha256').update(bytes).digest('hex').slice(0, KEY_ID_LENGTH), bytes };
  });
}

/** Written whole under another name first: a key that was cut off by a crash must never seal anything. */
async function makeKeyFile(file: string): Promise<string> {
  const text = `${randomBytes(KEY_BYTES).toString('base64')}\n`;
  const unfinished = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(unfinished, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(unfinished, file);
  } catch (error) {
    // Another process was faster: its key counts.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    return await readFile(file, 'utf8');
  } finally {
    await unlink(unfinished);
  }
  const folder = await open(dirname(file), 'r');
  await folder.sync();
  await folder.close();
  return text;
}

function keyFileFault(file: string, problem: string): Failure {
  return new Failure(
    'unavailable',
    `The key file ${file} ${problem}. Put the right one back; without it secrets can't be read.`,
    {
      code: 'key_file',
    },
  );
}

function unopenable(why: string): Failure {
  return new Failure('unavailable', `A secret can't be opened: ${why}. Enter it again.`, { code: 'secret_unreadable' });
}
