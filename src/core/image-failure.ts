/** Why a registry could not be asked, told apart so that each cause gets its own sentence and its own retry. */
export type ImageFailureReason =
  /** It wants a credential, or another one. */
  | 'unauthorized'
  /** It knows who asks, and says no. Some registries say so of what does not exist yet. */
  | 'forbidden'
  /** Blueberry itself refuses to go there. */
  | 'not_allowed'
  | 'rate_limited'
  | 'unreachable'
  | 'timed_out'
  /** Something answered that is not a registry, or not in a way that can be relied on. */
  | 'invalid_answer'
  | 'called_off';

export class ImageFailure extends Error {
  readonly reason: ImageFailureReason;
  /** When the registry wants to be asked again, in milliseconds from then; null where it did not say. */
  readonly retryAfterMs: number | null;

  /** @param detail what happened, as a clause that begins with the host and has no credential in it. */
  constructor(reason: ImageFailureReason, detail: string, retryAfterMs: number | null = null) {
    super(detail);
    this.name = 'ImageFailure';
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}
