import { createHash } from 'node:crypto';

/** Chance that can be had again: the same seed gives the same. */
export interface Random {
  between(least: number, most: number): number;
  shuffled<T>(items: readonly T[]): T[];
}

export function createRandom(seed: number): Random {
  let drawn = 0;
  /** 0 ≤ x < 1 */
  const next = (): number => {
    drawn += 1;
    const digest = createHash('sha256')
      .update(`${String(seed)} ${String(drawn)}`)
      .digest();
    return digest.readUInt32BE(0) / 2 ** 32;
  };
  return {
    between: (least, most) => least + next() * (most - least),
    shuffled(items) {
      const keyed = items.map((item) => ({ item, key: next() }));
      return keyed.sort((one, other) => one.key - other.key).map(({ item }) => item);
    },
  };
}
