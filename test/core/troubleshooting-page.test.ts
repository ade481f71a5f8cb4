import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FAILURE_REASONS, nextStepOf } from '../../src/core/diagnosis.ts';
import { BAD_DAY } from '../support/bad-day-sentences.ts';

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

it('tells what is read on a bad day in the sentences that the tests on a cluster ask for', () => {
  const [, section = ''] = page.split('## What is read of an environment on a bad day\n');
  const table = (section.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, line, sentence]) => [line, sentence])
    .slice(2);
  expect(table).toEqual(Object.entries(BAD_DAY));
});
