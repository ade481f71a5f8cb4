import { spawn } from 'node:child_process';
import { GitFailure } from '../../core/git-failure.ts';
import { failureOf } from './failure-of.ts';

export interface GitCommand {
  readonly args: readonly string[];
  /** The whole environment of the process; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs: number;
  /** Most that it may answer, and how it fails with more; left out: 32 MiB. */
  readonly limit?: { readonly bytes: number; readonly failure: GitFailure };
  readonly signal?: AbortSignal | undefined;
}

const LIMIT = { bytes: 32 * 1024 * 1024, failure: new GitFailure('failed', 'answered with more than can be taken') };
const ERROR_OUTPUT_MAX_BYTES = 64 * 1024;

/**
 * Settings of every call: no hooks, no maintenance in the background, no other transport than the one that is allowed
 * by `GIT_ALLOW_PROTOCOL`, and the line endings of the repository.
 */
const SETTINGS = [
  'core.hooksPath=/dev/null',
  'core.autocrlf=false',
  'core.fsmonitor=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'http.followRedirects=false',
  'submodule.recurse=false',
  'advice.detachedHead=false',
].flatMap((setting) => ['-c', setting]);

/** Runs Git in a process group of its own and gives its output. Fails with a `GitFailure`. */
export function runGit({ args, env, input, timeoutMs, limit = LIMIT, signal }: GitCommand): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', [...SETTINGS, ...args], {
      // Not within any repository: only what is named counts.
      cwd: '/',
      env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const output: Buffer[] = [];
    let outputBytes = 0;
    let errorOutput = '';
    let ended: GitFailure | null = null;

    const end = (failure: GitFailure): void => {
      ended ??= failure;
      if (child.pid !== undefined && child.exitCode === null) {
        try {
          process.kill(-child.pid, 'SIGKILL');
        } catch {
          // It has just ended by itself.
        }
      }
    };
    const timer = setTimeout(() => {
      end(new GitFailure('timed_out', `no answer within ${String(Math.round(timeoutMs / 1000))} seconds`));
    }, timeoutMs);
    const abort = (): void => {
      end(new GitFailure('failed', 'was called off'));
    };
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();

    child.stdout.on('data', (chunk: Buffer) => {
      outputBytes += chunk.length;
      if (outputBytes > limit.bytes) end(limit.failure);
      else output.push(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (errorOutput.length < ERROR_OUTPUT_MAX_BYTES) errorOutput += text;
    });
    // Git may end before it has read its input; how it ended says why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    child.on('error', (error) => {
      ended ??= new GitFailure('failed', `git can't be started (${error.message}): install Git`);
      settle(null);
    });
    child.on('close', settle);

    function settle(code: number | null): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      if (ended) reject(ended);
      else if (code === 0) resolve(Buffer.concat(output));
      else reject(failureOf(errorOutput, code));
    }
  });
}
