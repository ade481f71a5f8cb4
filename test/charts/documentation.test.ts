import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { charts, documentChart, repositoryFile } from '../../scripts/chart-documentation.ts';

it.each(charts)('describes the values of %s as its values.yaml does (else: npm run charts)', async (chart) => {
  for (const { path, text } of await documentChart(chart)) {
    expect(await readFile(repositoryFile(path), 'utf8'), path).toBe(text);
  }
});
