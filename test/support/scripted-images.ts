import { createHash } from 'node:crypto';
import { formatImageReference } from '../../src/core/image-reference.ts';
import type { ImageFailure } from '../../src/core/image-failure.ts';
import type { ImageResolver } from '../../src/ports/image-resolver.ts';

/** A registry whose behaviour a test decides, where the pauses between the looks are what is tested. */
export interface ScriptedImages extends ImageResolver {
  /** What has been pushed: the whole reference to its digest. */
  readonly pushed: Map<string, string>;
  /** Thrown for every look while it is set. */
  trouble: ImageFailure | null;
  /** Every look, with the credential that it came with. */
  readonly asked: { readonly image: string; readonly credential: string | null }[];
}

export function createScriptedImages(): ScriptedImages {
  const images: ScriptedImages = {
    pushed: new Map(),
    trouble: null,
    asked: [],
    resolve(reference, credential) {
      const image = formatImageReference(reference);
      images.asked.push({ image, credential });
      return images.trouble ? Promise.reject(images.trouble) : Promise.resolve(images.pushed.get(image) ?? null);
    },
  };
  return images;
}

/** A digest that differs from text to text. */
export function sampleDigest(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
