import { readFile } from 'node:fs/promises';
import type { Product } from '../test/support/product.ts';

const TICKS_PER_SECOND = 100;

export async function residentMegabytes(product: Product): Promise<number> {
  return megabytes(product, 'VmRSS');
}

/** The most that it has had at any time. */
export async function peakMegabytes(product: Product): Promise<number> {
  return megabytes(product, 'VmHWM');
}

async function megabytes({ process: { pid } }: Product, line: string): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  return Number(new RegExp(`^${line}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024;
}

export async function cpuSeconds({ process: { pid } }: Product): Promise<number> {
  return cpuSecondsOf(pid);
}

/** Processor time of a process so far, with that of its children that have ended. */
export async function cpuSecondsOf(pid: number | undefined): Promise<number> {
  const fields = (await readFile(`/proc/${String(pid)}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND;
}
