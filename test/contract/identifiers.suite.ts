import { describe, expect, it } from 'vitest';
import type { Identifiers } from '../../src/ports/identifiers.ts';

/** What all Identifiers keep to. */
export function describeIdentifiersContract(name: string, make: () => Identifiers): void {
  describe(`Identifiers contract: ${name}`, () => {
    it('makes random ids of the prefix and 26 letters that a host name may hold, never the same', () => {
      const identifiers = make();
      const ids = Array.from({ length: 5_000 }, () => identifiers.random('env'));
      for (const id of ids) expect(id).toMatch(/^env_[a-z2-7]{26}$/);
      expect(new Set(ids).size).toBe(ids.length);
      // Each of the 32 letters stands at each place sooner or later: no bit of the 130 is fixed.
      for (let place = 4; place < 30; place += 1) expect(new Set(ids.map((id) => id[place])).size).toBe(32);
    });

    it('makes ordered ids that sort in the order of their making', async () => {
      const identifiers = make();
      const ids: string[] = [];
      for (let round = 0; round < 20; round += 1) {
        for (let count = 0; count < 200; count += 1) ids.push(identifiers.ordered('evt'));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      expect(ids.toSorted()).toEqual(ids);
      expect(new Set(ids).size).toBe(ids.length);
      for (const id of ids) expect(id).toMatch(/^evt_[a-z0-9]{26}$/);
    });

    it('sorts the ordered ids of different processes by their time, and keeps them apart', async () => {
      const [first, second] = [make(), make()];
      const ids: string[] = [];
      for (let round = 0; round < 10; round += 1) {
        ids.push((round % 2 === 0 ? first : second).ordered('evt'));
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
      expect(ids.toSorted()).toEqual(ids);
      const together = Array.from({ length: 2_000 }, (_, count) => (count % 2 === 0 ? first : second).ordered('evt'));
      expect(new Set(together).size).toBe(together.length);
    });

    it('makes secrets of at least 160 bits that a URL may hold', () => {
      const identifiers = make();
      const secrets = Array.from({ length: 1_000 }, () => identifiers.secret('bb'));
      for (const secret of secrets) expect(secret).toMatch(/^bb_[A-Za-z0-9_-]{27,100}$/);
      expect(new Set(secrets).size).toBe(secrets.length);
    });

    it('digests as SHA-256 does', () => {
      const identifiers = make();
      // FIPS 180-2, appendix B.1.
      expect(identifiers.digest('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
      expect(identifiers.digest('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
      expect(identifiers.digest('ä')).not.toBe(identifiers.digest('a\u0308'));
    });
  });
}
