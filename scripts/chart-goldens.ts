import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type ChartFolder, charts, repositoryFile, type WrittenFile } from './chart-documentation.ts';
import { helm } from './helm.ts';

/** Values, and what Helm makes of a chart with them. */
export interface GoldenCase {
  chart: ChartFolder;
  name: string;
  /** Paths in the repository. */
  valuesFile: string;
  goldenFile: string;
}

/** Also the name of the namespace. */
export const RELEASE = 'env-pr-42-k3x9qa';

const VALUES = '.values.yaml';

/** Every `NAME.values.yaml` below test/charts/golden/CHART. */
export async function goldenCases(): Promise<GoldenCase[]> {
  const cases = charts.map(async (chart) => {
    const folder = join('test/charts/golden', basename(chart));
    const names = (await readdir(repositoryFile(folder))).filter((name) => name.endsWith(VALUES)).sort();
    return names.map((fileName) => {
      const name = fileName.slice(0, -VALUES.length);
      return { chart, name, valuesFile: join(folder, fileName), goldenFile: join(folder, `${name}.yaml`) };
    });
  });
  return (await Promise.all(cases)).flat();
}

/** The golden file of a case, as it should be. Throws what Helm says when it does not render. */
export async function renderGolden({ chart, valuesFile, goldenFile }: GoldenCase): Promise<WrittenFile> {
  const args = ['template', RELEASE, repositoryFile(chart), '--namespace', RELEASE];
  const answer = await helm([...args, '--values', repositoryFile(valuesFile)]);
  if (!answer.ok) throw new Error(`${valuesFile}: ${answer.message}`);
  return { path: goldenFile, text: answer.output };
}
