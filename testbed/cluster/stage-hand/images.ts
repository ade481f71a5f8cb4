import { createHash } from 'node:crypto';
import type { Behaviour } from './behaviours.ts';
import type { Container } from './pod.ts';

/** An image that a node has, as the kubelet names it, or why it has none. */
export type Pull = { ok: true; digest: string; imageId: string } | { ok: false; error: string };

export interface Images {
  pull(container: Container, behaviour: Behaviour): Promise<Pull>;
}

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/**
 * What the nodes have and can get. An image of the cluster's own registry is asked for there, and is kept once a node
 * has it, as on real nodes. There is no way to another registry: its images count as there, with a digest made from
 * the tag if they are not pinned.
 */
export function createImages(registry: string): Images {
  const kept = new Map<string, string>();
  return {
    async pull({ image, imagePullPolicy }, behaviour) {
      if (behaviour === 'image-missing') return { ok: false, error: notFound(image) };
      if (behaviour === 'pull-forbidden') return { ok: false, error: forbidden(image) };
      const { repository, tag, digest: pinned } = parseReference(image);
      const always = imagePullPolicy === 'Always' || (imagePullPolicy === undefined && (tag ?? 'latest') === 'latest');
      let digest = always ? undefined : kept.get(image);
      if (digest === undefined && repository.startsWith(`${registry}/`)) {
        const answer = await askRegistry(registry, repository.slice(registry.length + 1), pinned ?? tag ?? 'latest');
        if (answer.digest === undefined) return { ok: false, error: `${failure(image)}: ${answer.error}` };
        digest = answer.digest;
      }
      digest ??= pinned ?? `sha256:${createHash('sha256').update(image).digest('hex')}`;
      kept.set(image, digest);
      return { ok: true, digest, imageId: `${repository}@${digest}` };
    },
  };
}

/** Takes `host:port/name:tag@sha256:…` apart; host, tag and digest may be missing. */
function parseReference(image: string): { repository: string; tag?: string; digest?: string } {
  const [name = '', digest] = image.split('@');
  const colon = name.lastIndexOf(':');
  const tagged = colon > name.lastIndexOf('/');
  return {
    repository: tagged ? name.slice(0, colon) : name,
    ...(tagged ? { tag: name.slice(colon + 1) } : {}),
    ...(digest === undefined ? {} : { digest }),
  };
}

type Answer = { digest: string; error?: undefined } | { digest?: undefined; error: string };

async function askRegistry(registry: string, name: string, reference: string): Promise<Answer> {
  const url = `http://${registry}/v2/${name}/manifests/${reference}`;
  try {
    const answer = await fetch(url, { method: 'HEAD', headers: { accept: manifestTypes } });
    const digest = answer.headers.get('docker-content-digest');
    if (answer.ok && digest !== null) return { digest };
    if (answer.status === 404) return { error: `${registry}/${name}:${reference}: not found` };
    return { error: `unexpected status from HEAD request to ${url}: ${answer.status} ${answer.statusText}` };
  } catch {
    return { error: `failed to do request: Head "${url}": dial tcp ${registry}: connect: connection refused` };
  }
}

// What containerd says, which kubelets hand on, and which people search for.
function failure(image: string): string {
  return `failed to pull and unpack image "${image}": failed to resolve reference "${image}"`;
}

function notFound(image: string): string {
  return `rpc error: code = NotFound desc = ${failure(image)}: ${image}: not found`;
}

function forbidden(image: string): string {
  const reason = 'failed to authorize: failed to fetch anonymous token: unexpected status: 403 Forbidden';
  return `${failure(image)}: ${reason}`;
}
