import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../src/adapters/git/failure-of.ts';

describe('what Git says', () => {
  it.each([
    ["fatal: invalid refspec 'refs/heads/two words:refs/x'\n", 'branch_not_found'],
    ["fatal: couldn't find remote ref refs/heads/x\n", 'branch_not_found'],
    ["fatal: unable to access 'https://h/x/': The requested URL returned error: 301\n", 'moved'],
    ["fatal: unable to access 'https://h/x/': The requested URL returned error: 302\n", 'moved'],
    ["fatal: unable to access 'https://h/x/': The requested URL returned error: 308\n", 'moved'],
    ["fatal: unable to access 'https://h/x/': The requested URL returned error: 503\n", 'unreachable'],
    ["fatal: unable to access 'https://h/x/': The requested URL returned error: 403\n", 'authentication_refused'],
    ['fatal: bad revision refs/x\n', 'commit_gone'],
  ])('is understood: %s', (text, reason) => {
    expect(failureOf(text, 128)).toMatchObject({ reason });
  });

  it.each([
    [
      "error: unable to write file big.bin\nfatal: Could not reset index file to revision 'HEAD'.",
      'unable to write file',
    ],
    ['fatal: unable to write new index file', 'unable to write new index'],
    ['fatal: unable to write sha1 file\nfatal: unpack-objects failed', 'unable to write sha1'],
  ])('is a full disk where a write fails: %j', (output, detail) => {
    const failure = failureOf(output, 128);
    expect(failure.reason).toBe('disk_full');
    expect(failure.message).toContain(detail);
  });

  it('is told without how Git is used', () => {
    const usage = 'usage: git fetch [<options>] [<repository> [<refspec>...]]\n   or: git fetch --all\n';
    expect(failureOf(`error: unknown option \`update-shallow'\n${usage}`, 129).message).toBe(
      "unknown option `update-shallow'",
    );
  });
});
