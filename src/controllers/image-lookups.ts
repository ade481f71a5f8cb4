import { ImageFailure } from '../core/image-failure.ts';
import { formatImageReference, type ImageReference } from '../core/image-reference.ts';
import type { Clock } from '../ports/clock.ts';
import type { ImageResolver } from '../ports/image-resolver.ts';
import type { BackgroundTasks } from './background-tasks.ts';

export interface ImageQuestion {
  /** The deployment revision that wants it: another one is answered anew. */
  readonly revision: number;
  readonly reference: ImageReference;
  readonly credential: string | null;
  /** For how long the revision has been wanted: who waits long is asked for less often. */
  readonly waitedMs: number;
}

export type ImageAnswer =
  | { readonly kind: 'found'; readonly digest: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly failure: ImageFailure }
  /** No registry has said anything yet. */
  | { readonly kind: 'asking' };

export interface ImageLookup {
  readonly answer: ImageAnswer;
  /** When to ask again; null while an answer is under way, which brings the key back by itself. */
  readonly againInMs: number | null;
}

/**
 * What registries say, asked for no more often than is polite: a reconcile may come at any time, and within the pause it
 * gets the answer of before.
 */
export interface ImageLookups {
  ask(environmentId: string, question: ImageQuestion): Promise<ImageLookup>;
  /** Ends and forgets what goes on for an environment. */
  cancel(environmentId: string): void;
  cancelAll(): void;
}

const PAUSE_MIN_MS = 5_000;
const PAUSE_MAX_MS = 60_000;
/** A quarter more than has been waited already. */
const PAUSE_SHARE = 0.25;
/** No registry is believed to want longer to be left alone. */
const RETRY_AFTER_MAX_MS = 10 * 60_000;

export function createImageLookups(
  images: ImageResolver,
  clock: Clock,
  tasks: BackgroundTasks<string | null>,
): ImageLookups {
  const known = new Map<string, { readonly name: string; readonly answer: ImageAnswer; readonly askAt: number }>();

  return {
    async ask(environmentId, { revision, reference, credential, waitedMs }) {
      const name = `${String(revision)} ${formatImageReference(reference)}`;
      const last = known.get(environmentId);
      const current = last?.name === name ? last : null;
      if (current && current.askAt > clock.now()) {
        return { answer: current.answer, againInMs: current.askAt - clock.now() };
      }
      const task = await tasks.run(environmentId, name, (signal) => images.resolve(reference, credential, signal));
      if (task.state === 'running') return { answer: current?.answer ?? { kind: 'asking' }, againInMs: null };
      const answer = answerOf(task);
      const againInMs = pauseMs(answer, waitedMs);
      if (answer.kind === 'found') known.delete(environmentId);
      else known.set(environmentId, { name, answer, askAt: clock.now() + againInMs });
      return { answer, againInMs };
    },
    cancel(environmentId) {
      tasks.cancel(environmentId);
      known.delete(environmentId);
    },
    cancelAll() {
      tasks.cancelAll();
      known.clear();
    },
  };
}

function answerOf(
  task:
    { readonly state: 'done'; readonly value: string | null } | { readonly state: 'failed'; readonly error: unknown },
): ImageAnswer {
  if (task.state === 'done') return task.value === null ? { kind: 'absent' } : { kind: 'found', digest: task.value };
  if (task.error instanceof ImageFailure) return { kind: 'failed', failure: task.error };
  throw task.error;
}

function pauseMs(answer: ImageAnswer, waitedMs: number): number {
  const retryAfterMs = answer.kind === 'failed' ? (answer.failure.retryAfterMs ?? 0) : 0;
  const growing = Math.min(PAUSE_MAX_MS, Math.max(PAUSE_MIN_MS, Math.round(waitedMs * PAUSE_SHARE)));
  return Math.max(growing, Math.min(RETRY_AFTER_MAX_MS, retryAfterMs));
}
