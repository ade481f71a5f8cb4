import type { ImageReference } from '../core/image-reference.ts';

/** Asks registries which image a reference names. */
export interface ImageResolver {
  /**
   * Digest of the image (or of the index of images for several platforms) that the reference names now; null where the
   * registry has no such image. A reference with a digest is looked up by that, and its tag does not count.
   *
   * Fails with an `ImageFailure` whose reason says why. Takes seconds where the registry is in trouble, never minutes.
   * @param credential `USER:PASSWORD` or a token; never logged, and sent to nobody but the registry and whom it names
   */
  resolve(reference: ImageReference, credential: string | null, signal?: AbortSignal): Promise<string | null>;
}
