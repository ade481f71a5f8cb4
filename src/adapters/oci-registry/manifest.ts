import { createHash } from 'node:crypto';
import { ImageFailure } from '../../core/image-failure.ts';
import { isImageDigest, type ImageReference } from '../../core/image-reference.ts';
import type { RegistryReply } from './exchange.ts';
import { schemeOf, type RegistryPolicy } from './registry-policy.ts';

/** An index of images for several platforms, or one image, in the words of OCI and of Docker. */
export const MANIFEST_TYPES: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** Docker Hub's images have this in their name, and its registry is at another host. */
const DOCKER_HUB = { name: 'docker.io', host: 'registry-1.docker.io' };

/** Where the manifest of an image is; by its digest, where it has one. */
export function manifestUrl({ registry, repository, tag, digest }: ImageReference, policy: RegistryPolicy): URL {
  const host = registry === DOCKER_HUB.name ? DOCKER_HUB.host : registry;
  return new URL(`${schemeOf(host, policy)}://${host}/v2/${repository}/manifests/${digest ?? tag ?? 'latest'}`);
}

/** What the registry says that the digest is; null where it says nothing, and the manifest itself has to be looked at. */
export function statedDigest({ headers }: RegistryReply, { registry, digest }: ImageReference): string | null {
  const stated = headers['docker-content-digest'];
  if (stated === undefined) return null;
  if (typeof stated !== 'string' || !isImageDigest(stated)) {
    throw new ImageFailure('invalid_answer', `${registry} answers with a digest that is none`);
  }
  if (digest !== null && digest !== stated) throw another(registry);
  return stated;
}

/** The digest of a manifest that was fetched, made anew. A web site that answers everything has none. */
export function computedDigest(reply: RegistryReply, reference: ImageReference): string {
  const { registry, digest } = reference;
  const type = reply.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (!MANIFEST_TYPES.includes(type)) {
    throw new ImageFailure('invalid_answer', `${registry} answers with something that is not the manifest of an image`);
  }
  const expected = digest ?? statedDigest(reply, reference);
  const algorithm = expected?.startsWith('sha512:') === true ? 'sha512' : 'sha256';
  const computed = `${algorithm}:${createHash(algorithm).update(reply.body).digest('hex')}`;
  if (expected !== null && expected !== computed) throw another(registry);
  return computed;
}

function another(registry: string): ImageFailure {
  return new ImageFailure('invalid_answer', `${registry} answers with another image than the digest says`);
}
