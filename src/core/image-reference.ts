import { shortSha } from './branch.ts';

/** Where an image is, taken apart and normalised: names that say no registry are Docker Hub's. */
export interface ImageReference {
  /** Host of the registry in lower case, with its port where one is given: `ghcr.io`, `docker.io`, `localhost:5000`. */
  readonly registry: string;
  /** Path on the registry: `acme/web`, `library/nginx`. */
  readonly repository: string;
  readonly tag: string | null;
  /** `sha256:…` or `sha512:…`. */
  readonly digest: string | null;
}

export type ImageReferenceResult =
  { readonly reference: ImageReference; readonly fault: null } | { readonly reference: null; readonly fault: string };

/** What a template's placeholders stand for. */
export interface ImageFacts {
  /** Full object name. */
  readonly commit: string;
  readonly branch: string;
}

const REFERENCE_MAX_LENGTH = 500;
const REPOSITORY_MAX_LENGTH = 255;
const TAG_MAX_LENGTH = 128;

/** The grammar of the OCI distribution specification, and of `docker pull` for what it leaves open. */
const HOST = /^([a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*)(?::(\d{1,5}))?$/;
/** A name that ends like a number is an address, however it is written. */
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

const DOCKER_HUB = 'docker.io';
const DOCKER_HUB_ALIAS = 'index.docker.io';
const OFFICIAL_IMAGES = 'library';

/** Whether a text is a digest in a form that images are pinned by. */
export function isImageDigest(text: string): boolean {
  return DIGEST.test(text);
}

/**
 * Reads `[HOST[:PORT]/]REPOSITORY[:TAG][@DIGEST]`. The fault is said of the text ("must …") and never repeats it, since
 * somebody may have put a password there.
 */
export function parseImageReference(text: string): ImageReferenceResult {
  if (text.length > REFERENCE_MAX_LENGTH) {
    return refuse(`must have at most ${String(REFERENCE_MAX_LENGTH)} characters`);
  }
  if (/[\u0000-\u0020\u007f]/.test(text)) return refuse('must not contain spaces or control characters'); // eslint-disable-line no-control-regex -- these are what is refused
  if (text.includes('://')) return refuse('must not have a scheme: HOST/REPOSITORY:TAG');
  const { name, tag, digest } = split(text);
  if (tag !== null && !TAG.test(tag)) {
    return refuse('must have a tag of letters, digits and any of _ . - that does not begin with . or -');
  }
  if (tag !== null && tag.length > TAG_MAX_LENGTH) {
    return refuse(`must have a tag of at most ${String(TAG_MAX_LENGTH)} characters`);
  }
  if (digest !== null && !DIGEST.test(digest)) {
    return refuse('must have sha256: and 64 hexadecimal digits, or sha512: and 128 of them, behind its @');
  }
  return named(name, tag, digest);
}

/** The whole reference, registry first. What `parseImageReference` reads of it is the same reference. */
export function formatImageReference({ registry, repository, tag, digest }: ImageReference): string {
  return `${registry}/${repository}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`;
}

/** Exactly one image: by its digest alone, so that nothing which moves is left in it. */
export function pinnedImage({ registry, repository }: ImageReference, digest: string): string {
  return formatImageReference({ registry, repository, tag: null, digest });
}

/**
 * What is wrong with the template of an image, or null when nothing is: a reference with a tag or a digest, in whose tag
 * `{sha}`, `{short_sha}` and `{branch}` may stand.
 */
export function imageTemplateFault(template: string): string | null {
  const { name, tag, digest } = split(template);
  if (/[{}]/.test(`${name}${digest ?? ''}`)) return 'must have its placeholders in the tag, behind the last colon';
  for (const [, placeholder] of (tag ?? '').matchAll(/\{([^{}]*)\}/g)) {
    if (placeholder !== 'sha' && placeholder !== 'short_sha' && placeholder !== 'branch') {
      return 'has a placeholder that is not known: there are {sha}, {short_sha} and {branch}';
    }
  }
  if (name !== '' && tag === null && digest === null) {
    return 'must name a tag that your CI pushes for each commit, such as :{sha}';
  }
  // With the longest commit that there can be, so that what is accepted fits for every one.
  return fill(template, { commit: 'f'.repeat(64), branch: 'b' }).fault;
}

/** The image of one commit. What is at fault is the template: one that was accepted fits every commit and branch. */
export function fillImageTemplate(template: string, facts: ImageFacts): ImageReferenceResult {
  const fault = imageTemplateFault(template);
  return fault === null ? fill(template, facts) : refuse(fault);
}

/** The registry that a template leads to, with its port; null where the template is at fault. */
export function registryOfTemplate(template: string): string | null {
  return fillImageTemplate(template, { commit: 'f'.repeat(64), branch: 'b' }).reference?.registry ?? null;
}

function fill(template: string, { commit, branch }: ImageFacts): ImageReferenceResult {
  const withCommit = template.replaceAll('{sha}', commit).replaceAll('{short_sha}', shortSha(commit));
  const pieces = withCommit.split('{branch}');
  const fixedLength = (split(pieces.join('')).tag ?? '').length;
  const room = Math.floor((TAG_MAX_LENGTH - fixedLength) / Math.max(1, pieces.length - 1));
  return parseImageReference(pieces.join(branchTag(branch, Math.max(1, room))));
}

/**
 * A branch as a tag, the way that CI systems write it: each run of characters that a tag can't have becomes a hyphen, and
 * `feature/login` becomes `feature-login`.
 */
export function branchTag(branch: string, maxLength = TAG_MAX_LENGTH): string {
  const tag = branch
    .replace(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, maxLength);
  return tag === '' ? '_' : tag;
}

/** Cuts at the `@` and at the colon behind the last slash; what the parts hold is not looked at. */
function split(text: string): { name: string; tag: string | null; digest: string | null } {
  const at = text.indexOf('@');
  const digest = at < 0 ? null : text.slice(at + 1);
  const tagged = at < 0 ? text : text.slice(0, at);
  const colon = tagged.lastIndexOf(':');
  if (colon <= tagged.lastIndexOf('/')) return { name: tagged, tag: null, digest };
  return { name: tagged.slice(0, colon), tag: tagged.slice(colon + 1), digest };
}

function named(name: string, tag: string | null, digest: string | null): ImageReferenceResult {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isHost = /[.:]/.test(first) || first.toLowerCase() === 'localhost';
  const registry = isHost ? first.toLowerCase() : DOCKER_HUB;
  const path = isHost ? name.slice(slash + 1) : name;
  if (!isHostAndPort(registry)) {
    return refuse('must begin with the host of a registry, such as ghcr.io or registry.example.com:5000');
  }
  if (path === '') return refuse('must name a repository: HOST/REPOSITORY:TAG');
  if (path.toLowerCase() !== path) return refuse('must have a repository in lower case');
  if (!path.split('/').every((component) => PATH_COMPONENT.test(component))) {
    return refuse('must have a repository of lower-case letters and digits, with single . _ / or hyphens in between');
  }
  const isDockerHub = registry === DOCKER_HUB || registry === DOCKER_HUB_ALIAS;
  const repository = isDockerHub && !path.includes('/') ? `${OFFICIAL_IMAGES}/${path}` : path;
  if (repository.length > REPOSITORY_MAX_LENGTH) {
    return refuse(`must have a repository of at most ${String(REPOSITORY_MAX_LENGTH)} characters`);
  }
  return {
    reference: { registry: isDockerHub ? DOCKER_HUB : registry, repository, tag, digest },
    fault: null,
  };
}

function isHostAndPort(text: string): boolean {
  const [, host = '', port = '443'] = HOST.exec(text) ?? [];
  if (host === '' || (ENDS_IN_NUMBER.test(host) && !IPV4.test(host))) return false;
  return Number(port) >= 1 && Number(port) <= 65_535;
}

function refuse(fault: string): ImageReferenceResult {
  return { reference: null, fault };
}
