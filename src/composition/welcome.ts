import type { Config } from '../config/config.ts';
import type { EnvironmentRuntime } from '../ports/environment-runtime.ts';
import type { FirstSteps } from './first-start.ts';

/** What is said at once when everything is to end, which takes as long as the environments take their leave. */
export async function farewell(
  { runtime: kind }: Pick<Config, 'runtime'>,
  runtime: Pick<EnvironmentRuntime, 'list'>,
): Promise<string> {
  // Not counted: a cluster that does not answer would be waited for.
  if (kind === 'argocd') return '\n  Ending. Environments go on running in the cluster.\n';
  const environments = (await runtime.list().catch(() => [])).length;
  if (environments === 0) return '\n  Ending.\n';
  return `\n  Ending ${String(environments)} ${environments === 1 ? 'environment' : 'environments'}…\n`;
}

/** What is printed once everything is up: where to go, and what to know. */
export function welcome(config: Config, { signInLink, demo }: FirstSteps): string {
  const lines = ['', '  Blueberry is running.', '', `  Console   ${config.publicUrl}`];
  if (signInLink !== null)
    lines.push(
      `  Sign in   ${signInLink}`,
      '            (works once, within 24 hours; a new one is printed at each start until a password is set)',
    );
  if (demo) lines.push(`  Demo      ${demo.path}`, `            (branches ${demo.branches.join(', ')})`);
  if (config.runtime === 'local-process') {
    lines.push('', '  Environments run code of the connected repositories with your rights on this machine.');
    if (config.environment === 'development') lines.push('  Ctrl-C ends them all.');
  }
  return `${lines.join('\n')}\n\n`;
}
