import { Failure } from '../core/errors.ts';
import type { Readiness } from '../http/parts.ts';
import type { Adapters } from './adapters.ts';

/** Asks every dependency whether it answers. What is wrong is said in words, never thrown. */
export async function checkReadiness(adapters: Adapters): Promise<readonly Readiness[]> {
  const checks: readonly [string, () => Promise<void>][] = [
    ['store', () => adapters.store.check()],
    ['event bus', () => adapters.bus.check()],
    ['runtime', () => adapters.runtime.check()],
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
