import type { Config } from '../config/config.ts';
import { Failure } from '../core/errors.ts';
import type { Readiness } from '../http/parts.ts';
import type { Log } from '../ports/log.ts';
import type { Adapters } from './adapters.ts';

const NOT_YET = new Failure('unavailable', 'Making what a new installation needs. Ask again in a moment.');

/** Whether everything is there that a new installation is promised: administrator, bootstrap token, demo repository. */
export interface FirstStepsState {
  done: boolean;
}

/** Asks every dependency whether it answers. What is wrong is said in words, never thrown. */
export async function checkReadiness(
  adapters: Adapters,
  { runtime }: Pick<Config, 'runtime'>,
  firstSteps: Readonly<FirstStepsState>,
): Promise<readonly Readiness[]> {
  const checks: readonly [string, () => Promise<void>][] = [
    ['first steps', () => (firstSteps.done ? Promise.resolve() : Promise.reject(NOT_YET))],
    ['store', () => adapters.store.check()],
    ['event bus', () => adapters.bus.check()],
    [runtime === 'argocd' ? 'cluster' : 'runtime', () => adapters.runtime.check()],
    ['git', () => adapters.git.check()],
    ['sign-in', () => adapters.authenticator.check()],
    ['cipher', () => adapters.cipher.check()],
  ];
  return Promise.all(
    checks.map(async ([name, check]) => {
      try {
        await check();
        return { name, ok: true, message: 'Answers.' };
      } catch (error) {
        const message = error instanceof Failure ? error.message : `Does not answer: ${String(error)}.`;
        return { name, ok: false, message };
      }
    }),
  );
}

/** For who reads the log and asks nothing. */
export function logWhatIsMissing(readiness: readonly Readiness[], log: Log): void {
  for (const { name, ok, message } of readiness) if (!ok) log.warn({ dependency: name }, message);
}
