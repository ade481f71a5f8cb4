import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(argon2);

/** OWASP's password storage cheat sheet, first choice of argon2id with 19 MiB: two passes, one lane. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const PARALLELISM = 1;
const SALT_BYTES = 16;
const TAG_BYTES = 32;
const VERSION = 19;

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

interface Parameters {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly salt: Buffer;
  readonly tagLength: number;
}

/** An argon2id hash with its parameters and salt, in PHC string form. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const tag = await tagOf(password, {
    memory: MEMORY_KIB,
    passes: PASSES,
    parallelism: PARALLELISM,
    salt,
    tagLength: TAG_BYTES,
  });
  const parameters = `m=${String(MEMORY_KIB)},t=${String(PASSES)},p=${String(PARALLELISM)}`;
  return `$argon2id$v=${String(VERSION)}$${parameters}$${unpadded(salt)}$${unpadded(tag)}`;
}

/** Compares in constant time; a hash that can't be read matches nothing. */
export async function passwordMatches(password: string, hash: string): Promise<boolean> {
  const match = PHC.exec(hash);
  if (!match) return false;
  const [, memory, passes, parallelism, salt = '', expectedText = ''] = match;
  const expected = Buffer.from(expectedText, 'base64');
  const tag = await tagOf(password, {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, 'base64'),
    tagLength: expected.length,
  });
  return timingSafeEqual(tag, expected);
}

async function tagOf(password: string, { memory, passes, parallelism, salt, tagLength }: Parameters): Promise<Buffer> {
  // Compatibility normalization: the same keys pressed on another machine must give the same password.
  const message = Buffer.from(password.normalize('NFKC'), 'utf8');
  return derive('argon2id', { message, nonce: salt, parallelism, tagLength, memory, passes });
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
