import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { createOciImageResolver, type ResolveLimits } from '../../src/adapters/oci-registry/oci-image-resolver.ts';
import type { RegistryPolicy } from '../../src/adapters/oci-registry/registry-policy.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import type { ImageFailure } from '../../src/core/image-failure.ts';
import { parseImageReference, type ImageReference } from '../../src/core/image-reference.ts';
import type { ImageResolver } from '../../src/ports/image-resolver.ts';
import type { Intercept } from './registry-front.ts';

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const MANIFEST = '{"schemaVersion":2}';
export const DIGEST = `sha256:${createHash('sha256').update(MANIFEST).digest('hex')}`;

/** Nothing but what a test lists may be private. */
export function resolver(policy: Partial<RegistryPolicy> = {}, limits: Partial<ResolveLimits> = {}): ImageResolver {
  const whole = { privateHosts: [], allowLoopback: false, ...policy };
  return createOciImageResolver({ policy: whole, clock: createSystemClock(), limits });
}

/** How a look-up fails; an error of another kind fails the test. */
export async function failureOf(resolving: Promise<unknown>): Promise<ImageFailure> {
  const error: unknown = await resolving.then(
    (digest) => new Error(`It was found: ${String(digest)}`),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'ImageFailure' });
  return error as ImageFailure;
}

export function reference(text: string): ImageReference {
  const parsed = parseImageReference(text);
  if (parsed.reference === null) throw new Error(parsed.fault);
  return parsed.reference;
}

/** Says of every image that it is this one. */
export const serveManifest: Intercept = (request, response) => {
  if (!request.url?.startsWith('/v2/')) return false;
  response.writeHead(200, { 'docker-content-digest': DIGEST, 'content-type': MANIFEST_TYPE }).end(MANIFEST);
  return true;
};
