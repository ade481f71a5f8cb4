import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/core/errors.ts';
import type { Cipher } from '../../src/ports/cipher.ts';

/** Keys of their own for one test. */
export interface CipherHarness {
  readonly cipher: Cipher;
  /** The same keys, as the process has them after a restart. */
  reopen(): Promise<Cipher>;
  /** Other keys. */
  openElsewhere(): Promise<Cipher>;
  /** Texts sealed in the property tests; fewer where each is a call over the network. */
  readonly runs?: number;
  dispose(): Promise<void>;
}

const CANARY = 'correct horse battery staple';

/** What every Cipher keeps to. */
export function describeCipherContract(name: string, makeHarness: () => Promise<CipherHarness>): void {
  describe(`Cipher contract: ${name}`, () => {
    let harness: CipherHarness;
    let cipher: Cipher;
    beforeEach(async () => {
      harness = await makeHarness();
      cipher = harness.cipher;
    });
    afterEach(async () => {
      await harness.dispose();
    });

    async function refused(sealed: string, associatedData: string, by: Cipher = cipher): Promise<void> {
      const error: unknown = await by.open(sealed, associatedData).then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(Failure);
      expect((error as Failure).message).not.toContain(CANARY);
      expect((error as Failure).message).toMatch(/\.$/);
    }

    it('opens what it has sealed, for the same record, also after a restart', async () => {
      const texts = fc.string({ unit: 'grapheme', maxLength: 300 });
      const reopened = await harness.reopen();
      await fc.assert(
        fc.asyncProperty(texts, texts, async (plainText, associatedData) => {
          const sealed = await cipher.seal(plainText, associatedData);
          expect(await cipher.open(sealed, associatedData)).toBe(plainText);
          expect(await reopened.open(sealed, associatedData)).toBe(plainText);
        }),
        { numRuns: harness.runs ?? 50 },
      );
    });

    it('opens long and empty texts', async () => {
      for (const plainText of ['', 'x'.repeat(1_000_000), '\u0000\n"\'\\', '🫐']) {
        expect(await cipher.open(await cipher.seal(plainText, 'id'), 'id')).toBe(plainText);
      }
    });

    it('does not show the text, and never seals the same text alike', async () => {
      const sealed = await Promise.all(Array.from({ length: 20 }, () => cipher.seal(CANARY, 'id')));
      expect(new Set(sealed).size).toBe(20);
      for (const text of sealed) {
        expect(text).not.toContain(CANARY);
        expect(text).not.toContain(Buffer.from(CANARY).toString('base64url').slice(0, 20));
      }
    });

    it('refuses what was moved to another record', async () => {
      const sealed = await cipher.seal(CANARY, 'repo_a');
      for (const other of ['repo_b', 'repo_', 'repo_a ', '', 'REPO_A']) await refused(sealed, other);
    });

    it('refuses what was changed, at whatever place', async () => {
      const sealed = await cipher.seal(CANARY, 'id');
      const places = Array.from({ length: sealed.length }, (_, place) => place);
      const some = harness.runs === undefined ? places : places.filter((place) => place % 7 === 0);
      for (const place of some) {
        const changed = sealed[place] === 'A' ? 'B' : 'A';
        await refused(sealed.slice(0, place) + changed + sealed.slice(place + 1), 'id');
      }
      for (const changed of [
        sealed.slice(0, -1),
        `${sealed}A`,
        `${sealed} `,
        sealed.slice(1),
        '',
        'v1',
        'v1..',
        CANARY,
      ]) {
        await refused(changed, 'id');
      }
    });

    it('refuses what was sealed with a key that it does not know', async () => {
      const elsewhere = await harness.openElsewhere();
      await refused(await elsewhere.seal(CANARY, 'id'), 'id');
      await refused(await cipher.seal(CANARY, 'id'), 'id', elsewhere);
    });

    it('answers a check', async () => {
      await expect(cipher.check()).resolves.toBeUndefined();
    });
  });
}
