/** One line of the result: what was measured, the figure, what is aimed at, and whether that was reached. */
export interface Figure {
  readonly what: string;
  readonly measured: string;
  readonly goal: string;
  readonly reached: boolean;
}

export function printTable(title: string, figures: readonly Figure[]): void {
  const rows = [
    ['what', 'measured', 'goal', ''],
    ...figures.map(({ what, measured, goal, reached }) => [what, measured, goal, reached ? 'reached' : 'MISSED']),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  const [head = [], ...body] = rows;
  console.log([`\n## ${title}\n`, line(head), rule, ...body.map(line), ''].join('\n'));
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
