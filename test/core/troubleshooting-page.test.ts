import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FAILURE_REASONS, nextStepOf } from '../../src/core/diagnosis.ts';

const page = readFileSync(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8');

it.each(FAILURE_REASONS)('tells what %s means and what to do, in the words of the product', (reason) => {
  const row = page.split('\n').find((line) => line.startsWith(`| \`${reason}\` |`));
  expect(row).toContain(`| ${nextStepOf(reason)} |`);
});

it('tells of no reason that there is not', () => {
  const told = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, reason]) => reason);
  expect(told.sort()).toEqual([...FAILURE_REASONS].sort());
});
