import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createGitFixture, type GitFixture } from '../../test/support/git-fixture.ts';
import { pushImage } from '../../test/support/push-image.ts';

const BLUEBERRY_YAML = 'values:\n  env:\n    GREETING: hello\n';
const PUSHES_AT_ONCE = 8;

/** A repository with many branches, each with a commit of its own behind that of the one before. */
export interface Branches extends GitFixture {
  /** The commit of each branch, by its name. */
  readonly commits: ReadonlyMap<string, string>;
}

export async function makeBranches(count: number): Promise<Branches> {
  const fixture = await createGitFixture({ 'blueberry.yaml': BLUEBERRY_YAML, 'README.md': 'Something to look at.\n' });
  const child = spawn('git', ['fast-import', '--quiet'], { cwd: fixture.path, stdio: ['pipe', 'inherit', 'inherit'] });
  const ended = once(child, 'exit');
  child.stdin.end(Array.from({ length: count }, (_, index) => commitOf(index + 1)).join(''));
  const [code] = (await ended) as [number];
  if (code !== 0) throw new Error(`git fast-import ended with ${code}.`);
  const listed = await fixture.git('for-each-ref', '--format=%(refname:lstrip=2) %(objectname)', 'refs/heads/change-*');
  return { ...fixture, commits: new Map(listed.split('\n').map((line) => line.split(' ') as [string, string])) };
}

export function branchName(number: number): string {
  return `change-${number}`;
}

function commitOf(number: number): string {
  const from = number === 1 ? 'refs/heads/main' : `refs/heads/${branchName(number - 1)}`;
  const text = `Change ${number}`;
  return [
    `commit refs/heads/${branchName(number)}`,
    `committer Bench <bench@example.invalid> ${1_700_000_000 + number} +0000`,
    `data ${text.length}\n${text}`,
    `from ${from}`,
    `M 644 inline CHANGE\ndata ${text.length}\n${text}`,
    '',
  ].join('\n');
}

/** What CI would have pushed: an image for each commit. Returns the template that names them. */
export async function pushImages(registry: string, { commits }: Branches): Promise<string> {
  const waiting = commits.values();
  const push = async (): Promise<void> => {
    for (const commit of waiting) await pushImage(registry, `acme/web:${commit}`, commit);
  };
  await Promise.all(Array.from({ length: PUSHES_AT_ONCE }, push));
  return `${registry}/acme/web:{sha}`;
}
