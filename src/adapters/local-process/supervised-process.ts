import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../ports/clock.ts';
import { ENVIRONMENT_MARKER, identityOf, isAlive, REVISION_MARKER, type ProcessIdentity } from './process-table.ts';
import { readState } from './state-files.ts';
import type { ExitRecord, SupervisorOrder } from './supervisor-order.ts';

/** A supervisor that has started and waits for its order. It ends by itself when Blueberry does. */
export interface WaitingSupervisor {
  readonly identity: ProcessIdentity;
  /** To be called once the identity is on the disk. `onCommand` is called with the index of each command that starts. */
  obey(order: SupervisorOrder, onCommand?: (index: number) => void): SupervisedProcess;
  discard(): void;
}

export interface SupervisedProcess {
  readonly identity: ProcessIdentity;
  /** Resolves when the supervisor has ended, and with it everything that it started. */
  readonly ended: Promise<void>;
  /** Lets a leash go: a build ends. Of no effect on others. */
  letGo(): void;
}

export interface SupervisorStart {
  readonly environmentId: string;
  readonly revision: number;
  /** Where the supervisor's own troubles are written. */
  readonly troubleFile: string;
  /** A folder in which Node.js keeps what it has compiled: a supervisor starts in half the time. */
  readonly compileCache: string;
}

/** Small: there is one supervisor beside each running environment. */
const NODE_OPTIONS = ['--max-old-space-size=32', '--max-semi-space-size=1', '--v8-pool-size=0'];
const POLL_MS = 1_000;

const script = siblingScript('supervisor');

/** Absolute path of a program of this folder, as source or compiled, as this file is. */
export function siblingScript(name: string): string {
  return fileURLToPath(new URL(`./${name}${extname(fileURLToPath(import.meta.url))}`, import.meta.url));
}

/** Fails when the machine has no room for another process. */
export async function startSupervisor(start: SupervisorStart): Promise<WaitingSupervisor> {
  const troubles = openSync(start.troubleFile, 'a', 0o600);
  const child = spawn(process.execPath, [...NODE_OPTIONS, script, `${start.environmentId}/${start.revision}`], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'pipe', troubles],
    env: {
      [ENVIRONMENT_MARKER]: start.environmentId,
      [REVISION_MARKER]: String(start.revision),
      NODE_COMPILE_CACHE: start.compileCache,
    },
  });
  closeSync(troubles);
  const { pid, stdin, stdout } = child;
  if (pid === undefined) await new Promise((_, reject) => child.once('error', reject));
  const identity = pid === undefined ? null : identityOf(pid);
  // Writing to one that has died is answered by its end.
  stdin?.on('error', () => undefined);
  child.unref();
  if (identity === null || stdin === null || stdout === null)
    throw new Error('the supervisor ended as soon as it was started');
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
  });
  return {
    identity,
    obey(order, onCommand) {
      stdin.write(`${JSON.stringify(order)}\n`);
      if (order.leash) {
        stdout.setEncoding('utf8').on('data', (text: string) => {
          for (const index of text.split('\n')) if (index !== '') onCommand?.(Number(index));
        });
      } else {
        stdin.end();
        stdout.destroy();
      }
      return {
        identity,
        ended,
        letGo: () => {
          stdin.destroy();
        },
      };
    },
    discard() {
      stdin.destroy();
      stdout.destroy();
    },
  };
}

/** Takes up a process that an earlier Blueberry started. It is no child of this one, so its end has to be looked for. */
export function adoptProcess(identity: ProcessIdentity, clock: Clock, signal: AbortSignal): SupervisedProcess {
  const ended = new Promise<void>((resolve) => {
    const look = async (): Promise<void> => {
      while (!signal.aborted) {
        if (!isAlive(identity)) {
          resolve();
          return;
        }
        await clock.sleep(POLL_MS, signal);
      }
    };
    void look();
  });
  return { identity, ended, letGo: () => undefined };
}

/** Null when the supervisor was killed before it could write it. */
export function readExit(file: string): Promise<ExitRecord | null> {
  return readState<ExitRecord>(file);
}
