import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FAILURE_REASONS, nextStepOf } from '../../src/core/diagnosis.ts';

const page = readFileSync(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8');
const section = page.split('\n## ').find((text) => text.startsWith('An environment is failed')) ?? '';
const rows = new Map(
  section
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => /^`\w+`$/.test(cells[1] ?? ''))
    .map((cells) => [cells[1]?.replaceAll('`', ''), cells[3]]),
);

it.each(FAILURE_REASONS)('says what to do about %s in the words of the product', (reason) => {
  expect(rows.get(reason)).toBe(nextStepOf(reason));
});

it('tells of no reason that there is not', () => {
  expect([...rows.keys()].sort()).toEqual([...FAILURE_REASONS].sort());
});
