import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSameServer, parseGitRemote, repositoryNameOf } from '../../src/core/git-url.ts';

describe('parseGitRemote', () => {
  it.each([
    ['https://git.example.org/acme/web.git', { kind: 'https', host: 'git.example.org', port: 443 }],
    ['https://Git.Example.ORG/acme/web', { kind: 'https', host: 'git.example.org', port: 443 }],
    ['https://git.example.org:8443/a', { kind: 'https', host: 'git.example.org', port: 8443 }],
    ['https://10.0.0.7/a', { kind: 'https', host: '10.0.0.7' }],
    ['https://[2001:db8::1]:444/a', { kind: 'https', host: '[2001:db8::1]', port: 444 }],
    ['git@git.example.org:acme/web.git', { kind: 'ssh', host: 'git.example.org', port: 22, user: 'git' }],
    ['deploy-1@git.example.org:~/web', { kind: 'ssh', host: 'git.example.org', user: 'deploy-1' }],
    ['ssh://git@git.example.org/acme/web.git', { kind: 'ssh', host: 'git.example.org', port: 22, user: 'git' }],
    ['ssh://git.example.org:2222/acme/web.git', { kind: 'ssh', host: 'git.example.org', port: 2222, user: 'git' }],
  ])('reads %s', (text, expected) => {
    const { remote, fault } = parseGitRemote(text, false);
    expect(fault).toBeNull();
    expect(remote).toMatchObject({ ...expected, url: text });
  });

  it.each(['/srv/my repositories/web', '/Users/täst/a  b', '/srv/a:b/c=d'])('reads the local path %s', (path) => {
    expect(parseGitRemote(path, true)).toEqual({ remote: { kind: 'local', url: path, path }, fault: null });
  });

  it.each(['/srv/a\tb', '/srv/a\nb', '/srv/a\u0000b', '/srv/a\u007fb'])('refuses %j for a local path', (path) => {
    expect(parseGitRemote(path, true).fault).toMatch(/control characters/);
  });

  it.each(['https://git.example.org/a b', 'git@git.example.org:a b', ' /srv/web'])('refuses a space in %j', (url) => {
    expect(parseGitRemote(url, true).fault).toMatch(/spaces/);
  });

  it('reads an absolute path where that is allowed, and only there', () => {
    expect(parseGitRemote('/srv/git/web.git', true).remote).toEqual({
      kind: 'local',
      url: '/srv/git/web.git',
      path: '/srv/git/web.git',
    });
    expect(parseGitRemote('/srv/git/web.git', false).fault).toMatch(/ENVIRONMENT=development/);
    expect(parseGitRemote('/srv/../etc', true).fault).toMatch(/\.\./);
  });

  const ATTACKS = [
    '',
    'web',
    './web',
    '../web',
    '~/web',
    'file:///etc',
    'file://localhost/etc',
    'FILE:///etc',
    'ext::sh -c x',
    'ext::sh%20-c%20x',
    'fd::17/foo',
    'transport::address',
    'http://169.254.169.254/',
    'http://git.example.org/web.git',
    'HTTPS://git.example.org/web.git',
    'git://git.example.org/web.git',
    'ftp://git.example.org/web.git',
    '-oProxyCommand=x',
    '--upload-pack=x',
    'ssh://-oProxyCommand=x/web',
    'ssh://git@-oProxyCommand=x/web',
    'ssh://-x@git.example.org/web',
    '-x@git.example.org:web',
    'git@-oProxyCommand=x:web',
    'git@git.example.org:-x',
    'git@git.example.org://x',
    'git@git.example.org:',
    'https://git.example.org',
    'https://git.example.org/',
    'https:///web',
    'https://git.example.org/web?x=y',
    'https://git.example.org/web#x',
    'https://user:secret@git.example.org/web.git',
    'https://token@git.example.org/web.git',
    'https://user:secret%40git.example.org@evil.example/web.git',
    'https://git.example.org\\@evil.example/web.git',
    'https://git.example.org:0/web.git',
    'https://git.example.org:65536/web.git',
    'https://git.example.org:99999999/web.git',
    'https://git.example.org:/web.git',
    'https://git.example.org:x/web.git',
    'https://-git.example.org/web.git',
    'https://git.example.org-/web.git',
    'https://git..example org/web.git',
    'https://gıt.example.org/web.git',
    'https://git.example.org/web.git\nX: y',
    'https://git.example.org/web\u0000.git',
    'https://git.example.org/we b.git',
    'ssh://git:secret@git.example.org/web.git',
    'ssh://git@git.example.org:0/web.git',
    'ssh://git@git.example.org:70000/web.git',
    'ssh://git@git.example.org',
    'git@git.example.org:web x',
    `https://git.example.org/${'a'.repeat(2048)}`,
    ' https://git.example.org/web.git',
    '$(id)@git.example.org:web',
    'git@$(id):web',
    'https://$(id)/web',
  ];

  it.each(ATTACKS.flatMap((text) => [[text, false] as const, [text, true] as const]))(
    'refuses %j (local: %s)',
    (text, local) => {
      const { remote, fault } = parseGitRemote(text, local);
      expect(remote).toBeNull();
      expect(fault).not.toBe('');
      expect(fault).not.toContain('secret');
      expect(fault).not.toContain('token@');
    },
  );

  it('takes nothing that Git could take for an option or another transport, and never throws', () => {
    const piece = fc.constantFrom(
      ...[
        'https://',
        'ssh://',
        'git@',
        'file://',
        'ext::',
        '::',
        ':',
        '/',
        '@',
        '-',
        '--x',
        'host',
        '.',
        '..',
        ' ',
        '\n',
        '\\',
      ],
      ...['%40', '?', '#', '[', ']', '::1', '443', '~', '$', 'ü', '\u0000', 'http://'],
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(text, fc.boolean(), (candidate, allowLocal) => {
        const { remote } = parseGitRemote(candidate, allowLocal);
        if (remote === null) return;
        expect(remote.url).toBe(candidate);
        expect(remote.url).not.toMatch(/^-|[\u0000-\u001f\u007f]/); // eslint-disable-line no-control-regex -- none of them may come through
        if (remote.kind === 'local') {
          expect(allowLocal && remote.url.startsWith('/')).toBe(true);
          return;
        }
        expect(remote.url).not.toMatch(/\s/);
        expect(remote.host).toMatch(/^(?:[A-Za-z0-9]|\[)/);
        expect(remote.port).toBeGreaterThan(0);
        expect(remote.url).not.toMatch(/^[^/@]*::/);
        if (remote.kind === 'https')
          expect(new URL(remote.url)).toMatchObject({ username: '', password: '', protocol: 'https:' });
        else expect(remote.user).not.toMatch(/^-/);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('repositoryNameOf', () => {
  it.each([
    ['https://git.example.org/acme/web.git', 'web'],
    ['https://git.example.org/acme/web/', 'web'],
    ['git@git.example.org:web.git', 'web'],
    ['/srv/git/demo', 'demo'],
    ['https://git.example.org/.git', 'repository'],
    ['/', 'repository'],
  ])('calls %s %s', (url, name) => {
    expect(repositoryNameOf(url)).toBe(name);
  });
});

describe('isSameServer', () => {
  const isSame = (one: string, other: string): boolean => {
    const [first, second] = [one, other].map((text) => parseGitRemote(text, true).remote);
    if (!first || !second) throw new Error(`${one} or ${other} is no remote`);
    expect(isSameServer(second, first)).toBe(isSameServer(first, second));
    return isSameServer(first, second);
  };

  it.each([
    ['https://git.example.org/a', 'https://Git.Example.org:443/b', true],
    ['git@git.example.org:a', 'ssh://deploy@GIT.example.org:22/b', true],
    ['git@Git.example.org:a', 'git@git.example.org:b', true],
    ['/srv/a', '/srv/b', true],
    ['https://git.example.org/a', 'https://git.example.org.evil.example/a', false],
    ['https://git.example.org/a', 'https://git.example.org:444/a', false],
    ['https://git.example.org/a', 'ssh://git.example.org:443/a', false],
    ['https://git.example.org/a', '/git.example.org/a', false],
  ])('%s and %s: %s', (one, other, same) => {
    expect(isSame(one, other)).toBe(same);
  });
});
