import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryFile } from '../../scripts/chart-documentation.ts';
import { goldenCases, renderGolden } from '../../scripts/chart-goldens.ts';
import { helm } from '../../scripts/helm.ts';

const cases = await goldenCases();

it.each(cases)('renders $chart with $name as its golden file says (else: npm run charts)', async (golden) => {
  const { path, text } = await renderGolden(golden);
  expect(text).toBe(await readFile(repositoryFile(path), 'utf8'));
});

it.each(cases)('has nothing to complain of in $chart with $name', async ({ chart, valuesFile }) => {
  const answer = await helm(['lint', '--strict', repositoryFile(chart), '--values', repositoryFile(valuesFile)]);
  expect(answer).toMatchObject({ ok: true });
});

it('has no golden file without values', async () => {
  const known = new Set(cases.flatMap(({ valuesFile, goldenFile }) => [valuesFile, goldenFile]));
  const folder = 'test/charts/golden';
  const files = await readdir(repositoryFile(folder), { recursive: true });
  expect(files.filter((file) => file.endsWith('.yaml') && !known.has(join(folder, file)))).toEqual([]);
});
