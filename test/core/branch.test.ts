import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { branchFault, isCommitSha, shortSha } from '../../src/core/branch.ts';

function gitAccepts(branch: string): boolean {
  try {
    execFileSync('git', ['check-ref-format', `refs/heads/${branch}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('branchFault', () => {
  it.each([
    'main',
    'feature/login',
    'a',
    '1',
    'x@y',
    'a-b_c.d',
    'ünïcode/🫐',
    '<img/src=x>',
    'a;$(id)',
    "it's",
    'Login Page',
  ])('accepts %s', (branch) => {
    expect(branchFault(branch)).toBeNull();
  });

  it.each([
    ['', /empty/],
    ['x'.repeat(256), /at most 255/],
    ['--upload-pack=x', /hyphen/],
    ['-x', /hyphen/],
    ['a..b', /"\.\."/],
    ['@{', /"@\{"/],
    ['a@{1}', /"@\{"/],
    ['@', /"@\{"/],
    ['/a', /slash/],
    ['a/', /slash/],
    ['a//b', /slash/],
    ['.a', /dot/],
    ['a/.b', /dot/],
    ['a.lock', /\.lock/],
    ['a.lock/b', /\.lock/],
    ['a.', /dot/],
    ['a~1', /any of/],
    ['a^', /any of/],
    ['a:b', /any of/],
    ['a?', /any of/],
    ['a*', /any of/],
    ['a[b', /any of/],
    ['a\\b', /any of/],
    ['a\nb', /control/],
    ['a\u0000b', /control/],
    ['a\u007fb', /control/],
    [' a', /spaces/],
    ['a ', /spaces/],
  ])('refuses %j', (branch, fault) => {
    expect(branchFault(branch)).toMatch(fault);
  });

  it('lets nothing through that Git would refuse, spaces between words apart', () => {
    const piece = fc.constantFrom(
      ...[
        'a',
        'b',
        '1',
        '/',
        '.',
        '..',
        '-',
        '@',
        '{',
        '@{',
        '.lock',
        '~',
        '^',
        ':',
        '?',
        '*',
        '[',
        '\\',
        '\t',
        'ü',
        '_',
      ],
    );
    const branch = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(branch, (name) => {
        // Git lets a branch begin with a hyphen only in this form; the command line is where that hurts.
        const expected = gitAccepts(name) && !name.startsWith('-') && name !== '@';
        expect(branchFault(name) === null).toBe(expected);
      }),
      { numRuns: 150 },
    );
  });
});

describe('commits', () => {
  it('are full object names', () => {
    expect([40, 64].map((length) => isCommitSha('a1'.repeat(length / 2)))).toEqual([true, true]);
    for (const text of [
      '',
      'a'.repeat(39),
      'a'.repeat(41),
      'g'.repeat(40),
      'A'.repeat(40),
      `${'a'.repeat(40)}\n`,
      'HEAD',
    ]) {
      expect(isCommitSha(text)).toBe(false);
    }
    expect(shortSha('0123456789'.repeat(4))).toBe('0123456');
  });
});
