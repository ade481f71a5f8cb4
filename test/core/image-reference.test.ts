import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { branchFault } from '../../src/core/branch.ts';
import {
  branchTag,
  fillImageTemplate,
  formatImageReference,
  imageTemplateFault,
  parseImageReference,
  pinnedImage,
  type ImageReference,
} from '../../src/core/image-reference.ts';

const SHA256 = `sha256:${'0123456789abcdef'.repeat(4)}`;
const SHA512 = `sha512:${'0123456789abcdef'.repeat(8)}`;
const COMMIT = '3f2a1c9d8e7b6a5f4c3d2e1f0a9b8c7d6e5f4a3b';

describe('parseImageReference', () => {
  it.each<[text: string, whole: string]>([
    ['nginx', 'docker.io/library/nginx'],
    ['nginx:1.29', 'docker.io/library/nginx:1.29'],
    ['acme/web', 'docker.io/acme/web'],
    ['docker.io/nginx', 'docker.io/library/nginx'],
    ['index.docker.io/acme/web:v1', 'docker.io/acme/web:v1'],
    ['ghcr.io/acme/web', 'ghcr.io/acme/web'],
    ['GHCR.io/acme/web:V1_a.B-c', 'ghcr.io/acme/web:V1_a.B-c'],
    ['registry.example:5000/a/b/c/d:x', 'registry.example:5000/a/b/c/d:x'],
    ['registry:5000/app', 'registry:5000/app'],
    ['localhost/app:1', 'localhost/app:1'],
    ['localhost:5000/app', 'localhost:5000/app'],
    ['localhost:5000', 'docker.io/library/localhost:5000'],
    ['127.0.0.1:5000/app:x', '127.0.0.1:5000/app:x'],
    ['ghcr.io/a__b/c-d--e/f.g_h', 'ghcr.io/a__b/c-d--e/f.g_h'],
    [`ghcr.io/acme/web@${SHA256}`, `ghcr.io/acme/web@${SHA256}`],
    [`ghcr.io/acme/web:v1@${SHA256}`, `ghcr.io/acme/web:v1@${SHA256}`],
    [`nginx@${SHA512}`, `docker.io/library/nginx@${SHA512}`],
    [`nginx:${'t'.repeat(128)}`, `docker.io/library/nginx:${'t'.repeat(128)}`],
  ])('reads %s', (text, whole) => {
    const { reference, fault } = parseImageReference(text);
    expect(fault).toBeNull();
    expect(reference && formatImageReference(reference)).toBe(whole);
  });

  it.each<[text: string, fault: RegExp]>([
    ['', /must name a repository/],
    ['https://ghcr.io/acme/web:v1', /scheme/],
    ['ghcr.io/', /must name a repository/],
    ['ghcr.io//web', /lower-case letters and digits/],
    ['ghcr.io/acme/web/', /lower-case letters and digits/],
    ['/acme/web', /lower-case letters and digits/],
    ['acme/Web', /in lower case/],
    ['Acme/web', /in lower case/],
    ['acme/we b', /spaces/],
    ['acme/web\n', /spaces or control/],
    ['acme/web:', /must have a tag of letters/],
    ['acme/web:.x', /must have a tag of letters/],
    ['acme/web:-x', /must have a tag of letters/],
    ['acme/web:a/b', /lower-case letters and digits/],
    ['acme/web:a+b', /must have a tag of letters/],
    [`acme/web:${'t'.repeat(129)}`, /tag of at most 128/],
    ['acme/web@latest', /sha256/],
    ['acme/web@sha256:abc', /sha256/],
    [`acme/web@${SHA256.toUpperCase()}`, /sha256/],
    [`acme/web@${SHA256}@${SHA256}`, /sha256/],
    ['user:pass@ghcr.io/acme/web', /sha256/],
    ['acme/web..x', /lower-case letters and digits/],
    ['acme/-web', /lower-case letters and digits/],
    ['acme/web_', /lower-case letters and digits/],
    ['acme/a___b', /lower-case letters and digits/],
    ['ghcr..io/acme/web', /host of a registry/],
    ['-ghcr.io/acme/web', /host of a registry/],
    ['ghcr.io:0/acme/web', /host of a registry/],
    ['ghcr.io:65536/acme/web', /host of a registry/],
    ['ghcr.io:/acme/web', /host of a registry/],
    ['ghcr.io:x/acme/web', /host of a registry/],
    ['10.0.0/web', /host of a registry/],
    ['0x7f.1/web', /host of a registry/],
    ['2130706433:80/web', /host of a registry/],
    ['256.0.0.1/web', /host of a registry/],
    ['127.0.0.08/web', /host of a registry/],
    ['127.0.0.01/web', /host of a registry/],
    ['web.0x:80/web', /host of a registry/],
    ['1.2.3.4.5/web', /host of a registry/],
    ['[::1]:5000/web', /host of a registry/],
    ['ghcr.io\\@evil.example/web', /sha256/],
    [`ghcr.io/${'a'.repeat(256)}`, /repository of at most 255/],
    ['a'.repeat(501), /at most 500/],
  ])('refuses %j', (text, fault) => {
    const result = parseImageReference(text);
    expect(result.reference).toBeNull();
    expect(result.fault).toMatch(fault);
  });

  const component = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:[._]|__|--?)[a-z0-9]{1,8}){0,2}$/);
  const references = fc.record<ImageReference>({
    registry: fc.constantFrom('ghcr.io', 'localhost', 'localhost:5000', 'a.b-c.example:443', '127.0.0.1:80'),
    repository: fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
    tag: fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/)),
    digest: fc.option(fc.constantFrom(SHA256, SHA512)),
  });

  it('reads what is written of any reference as the same one', () => {
    fc.assert(
      fc.property(references, (reference) => {
        expect(parseImageReference(formatImageReference(reference))).toEqual({ reference, fault: null });
      }),
    );
  });

  it('never throws, and reads nothing that it would read otherwise a second time', () => {
    const piece = fc.constantFrom(
      ...'/:@.-_',
      'localhost',
      'ghcr.io',
      'web',
      'Web',
      '5000',
      SHA256,
      '{sha}',
      '\\',
      'ü',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 8 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const { reference, fault } = parseImageReference(text);
        expect((reference === null) !== (fault === null)).toBe(true);
        if (reference) expect(parseImageReference(formatImageReference(reference)).reference).toEqual(reference);
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes only hosts that are the same in a URL', () => {
    const label = fc.constantFrom('a', 'xn--a', '0', '08', '0x7f', '127', '256', 'b-c', '1e1', '-', '');
    const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
    fc.assert(
      fc.property(host, (name) => {
        const { reference } = parseImageReference(`${name}:5000/web`);
        if (reference) expect(new URL(`https://${reference.registry}`).host).toBe(reference.registry);
      }),
      { numRuns: 2_000 },
    );
  });

  it('says nothing of what was given, which may hold a password', () => {
    for (const text of [
      'user:canary@ghcr.io/web',
      'https://user:canary@ghcr.io/web',
      'canary/WEB',
      'web:canary+canary',
    ]) {
      expect(parseImageReference(text).fault).not.toContain('canary');
    }
  });
});

describe('a pinned image', () => {
  it('is the digest alone', () => {
    const { reference } = parseImageReference('ghcr.io/acme/web:v1');
    expect(reference && pinnedImage(reference, SHA256)).toBe(`ghcr.io/acme/web@${SHA256}`);
  });
});

describe('templates', () => {
  it.each<[template: string, branch: string, image: string]>([
    ['ghcr.io/acme/web:{sha}', 'main', `ghcr.io/acme/web:${COMMIT}`],
    ['ghcr.io/acme/web:{short_sha}', 'main', 'ghcr.io/acme/web:3f2a1c9'],
    ['ghcr.io/acme/web:{branch}', 'feature/Login Page', 'ghcr.io/acme/web:feature-Login-Page'],
    ['acme/web:{branch}-{short_sha}', 'fix/#42', 'docker.io/acme/web:fix-42-3f2a1c9'],
    ['localhost:5000/web:v-{sha}.x', 'main', `localhost:5000/web:v-${COMMIT}.x`],
    ['ghcr.io/acme/web:stable', 'main', 'ghcr.io/acme/web:stable'],
    [`ghcr.io/acme/web@${SHA256}`, 'main', `ghcr.io/acme/web@${SHA256}`],
  ])('%s at %s is %s', (template, branch, image) => {
    expect(imageTemplateFault(template)).toBeNull();
    const { reference } = fillImageTemplate(template, { commit: COMMIT, branch });
    expect(reference && formatImageReference(reference)).toBe(image);
  });

  it.each<[template: string, fault: RegExp]>([
    ['ghcr.io/acme/web', /must name a tag that your CI pushes/],
    ['web', /must name a tag that your CI pushes/],
    ['', /must name a repository/],
    ['ghcr.io/acme/web:{commit}', /not known: there are \{sha\}, \{short_sha\} and \{branch\}/],
    ['ghcr.io/acme/web:{SHA}', /not known/],
    ['ghcr.io/acme/web:{}', /not known/],
    ['ghcr.io/acme/web:{sha', /must have a tag of letters/],
    ['ghcr.io/acme/web:sha}', /must have a tag of letters/],
    ['ghcr.io/acme/web:{{sha}}', /must have a tag of letters/],
    ['ghcr.io/acme/web:${sha}', /must have a tag of letters/],
    ['ghcr.io/{branch}/web:{sha}', /placeholders in the tag/],
    ['{branch}.example/web:x', /placeholders in the tag/],
    ['ghcr.io/acme/web@{sha}', /placeholders in the tag/],
    ['GHCR.io/Acme/web:{sha}', /in lower case/],
    ['ghcr.io/acme/web:{sha}{sha}{sha}', /at most 128/],
    [`ghcr.io/acme/web:${'t'.repeat(128)}{branch}`, /at most 128/],
  ])('%j is refused', (template, fault) => {
    expect(imageTemplateFault(template)).toMatch(fault);
    expect(fillImageTemplate(template, { commit: COMMIT, branch: 'main' }).fault).toMatch(fault);
  });

  it('that were accepted make an image of every commit and every branch', () => {
    const piece = fc.constantFrom('{sha}', '{short_sha}', '{branch}', 'v1', '-', '.', '_', 'x'.repeat(30), '{', '}');
    const template = fc
      .array(piece, { minLength: 1, maxLength: 6 })
      .map((parts) => `ghcr.io/acme/web:${parts.join('')}`);
    const branch = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 200 })
      .filter((name) => branchFault(name) === null);
    const commit = fc.oneof(fc.stringMatching(/^[0-9a-f]{40}$/), fc.stringMatching(/^[0-9a-f]{64}$/));
    fc.assert(
      fc.property(template, branch, commit, (text, name, sha) => {
        fc.pre(imageTemplateFault(text) === null);
        const { reference, fault } = fillImageTemplate(text, { commit: sha, branch: name });
        expect(fault).toBeNull();
        if (text.includes('{sha}')) expect(reference?.tag).toContain(sha);
        if (text.includes('{short_sha}')) expect(reference?.tag).toContain(sha.slice(0, 7));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('branchTag', () => {
  it.each([
    ['main', 'main'],
    ['feature/login', 'feature-login'],
    ['Feature/LOGIN', 'Feature-LOGIN'],
    ['renovate/node-24.x', 'renovate-node-24.x'],
    ['a//b ü c', 'a-b-c'],
    ['ümlaut', 'mlaut'],
    ['_private', '_private'],
    ['日本', '_'],
    ['x'.repeat(200), 'x'.repeat(128)],
  ])('of %s is %s', (branch, tag) => {
    expect(branchTag(branch)).toBe(tag);
  });
});
