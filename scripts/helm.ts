import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findProgram, howToGet } from './requirements.ts';

const run = promisify(execFile);

/** What Helm printed, or what it refused with. */
export type HelmAnswer = { ok: true; output: string } | { ok: false; message: string };

/** Runs Helm to its end. Throws when there is no Helm; a refusal is an answer. */
export async function helm(args: readonly string[]): Promise<HelmAnswer> {
  const program = findProgram('helm');
  if (program === undefined) throw new Error(`Helm is missing. Get it with: ${howToGet('helm')}`);
  try {
    const { stdout } = await run(program, [...args], { maxBuffer: 64 * 1024 * 1024 });
    return { ok: true, output: stdout };
  } catch (error) {
    const { stderr = '', stdout = '', message } = error as Error & { stderr?: string; stdout?: string };
    return { ok: false, message: `${stderr}${stdout}`.trim() || message };
  }
}
