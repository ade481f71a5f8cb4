import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Failure } from '../../core/errors.ts';
import type { Cipher } from '../../ports/cipher.ts';
import { loadKeys, type CipherKey } from './key-file.ts';

export interface KeyFileCipherOptions {
  /** Made with a new key when it is first needed, readable by its owner only. */
  readonly file: string;
}

const ALGORITHM = 'aes-256-gcm';
const FORMAT = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEALED = /^v1\.([a-z0-9]{4,32})\.([A-Za-z0-9_-]+)$/;

/**
 * AES-256-GCM with a random 96-bit nonce for each text. Sealed text is `v1.KEY_ID.` and, in base64url, nonce, cipher
 * text and tag; format and key id are authenticated together with the associated data.
 */
export function createKeyFileCipher({ file }: KeyFileCipherOptions): Cipher {
  let loaded: readonly [CipherKey, ...CipherKey[]] | null = null;
  const keys = (): readonly [CipherKey, ...CipherKey[]] => (loaded ??= loadKeys(file));

  return {
    async seal(plainText, associatedData) {
      const { id, key } = keys()[0];
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(authenticated(id, associatedData));
      const sealed = Buffer.concat([nonce, cipher.update(plainText, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${FORMAT}.${id}.${sealed.toString('base64url')}`;
    },

    async open(sealedText, associatedData) {
      const [, id, encoded] = SEALED.exec(sealedText) ?? [];
      const sealed = Buffer.from(encoded ?? '', 'base64url');
      if (id === undefined || sealed.length < NONCE_BYTES + TAG_BYTES || sealed.toString('base64url') !== encoded) {
        throw unreadable('it is not sealed text of this version of Blueberry');
      }
      const known = keys().find((key) => key.id === id);
      if (!known) throw unreadable(`it was sealed with the key ${id}, which the key file does not hold`);
      try {
        const decipher = createDecipheriv(ALGORITHM, known.key, sealed.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(authenticated(id, associatedData));
        decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
        const opened = [decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
        return Buffer.concat(opened).toString('utf8');
      } catch {
        throw unreadable('it was changed, or belongs to another record');
      }
    },

    async check() {
      keys();
    },
  };
}

function authenticated(keyId: string, associatedData: string): Buffer {
  return Buffer.from(`${FORMAT}.${keyId}.${associatedData}`);
}

function unreadable(why: string): Failure {
  return new Failure(
    'unavailable',
    `A stored secret cannot be read: ${why}. Enter the secret again, or restore the key file from a backup.`,
    { code: 'secret_unreadable' },
  );
}
