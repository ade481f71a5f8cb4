import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Starts the processes of one cluster, and sees to it that none outlives whoever started them. */
export interface Processes {
  /** Starts a program as the leader of a process group of its own, with all its output in `logFile`. */
  spawn(command: Command, logFile: string): ChildProcess;
  /** Kills all of them, removes the folder of the cluster, and resolves when that is done. */
  end(): Promise<void>;
}

export interface Command {
  program: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
}

/** A process waits for a line before it becomes the program, so that none runs which the keeper was not told of. */
const GATE = 'read -r go && exec "$0" "$@"';

export function startProcesses(folder: string): Processes {
  const keeper = spawn(process.execPath, [fileURLToPath(new URL('./keeper.ts', import.meta.url)), folder], {
    // Not our output: whoever reads that to its end would wait for the keeper.
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: { PATH: process.env.PATH },
  });
  const keeperEnded = once(keeper, 'close');
  return {
    spawn({ program, args, env }, logFile) {
      const log = openSync(logFile, 'a');
      const child = spawn('/bin/sh', ['-c', GATE, program, ...args], {
        stdio: ['pipe', log, log],
        detached: true,
        env,
      });
      closeSync(log);
      const { pid, stdin } = child;
      if (pid === undefined || stdin === null) throw new Error(`${program} could not be started.`);
      child.once('exit', () => keeper.stdin.write(`free ${pid}\n`));
      stdin.once('error', () => undefined);
      keeper.stdin.write(`hold ${pid}\n`, () => stdin.write('go\n'));
      return child;
    },
    async end() {
      keeper.stdin.end();
      await keeperEnded;
    },
  };
}
