// Writes everything that follows from the charts: the tables and schemas of their values, and the golden files of the tests.
import { readFile, writeFile } from 'node:fs/promises';
import { charts, documentChart, repositoryFile, type WrittenFile } from './chart-documentation.ts';
import { goldenCases, renderGolden } from './chart-goldens.ts';

async function write({ path, text }: WrittenFile): Promise<void> {
  const file = repositoryFile(path);
  const before = await readFile(file, 'utf8').catch(() => undefined);
  if (before === text) return;
  await writeFile(file, text);
  console.log(`Written: ${path}`);
}

for (const chart of charts) for (const file of await documentChart(chart)) await write(file);
for (const golden of await goldenCases()) await write(await renderGolden(golden));
