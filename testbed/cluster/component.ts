import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command, Processes } from './processes.ts';

export type ComponentName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kwok'
  | 'stage-hand'
  | 'redis'
  | 'argocd-repo-server'
  | 'argocd-application-controller'
  | 'registry';

/** One server of the cluster, to be stopped, paused and started again by tests of bad days. */
export interface Component {
  readonly name: ComponentName;
  readonly logFile: string;
  /** Process id while it runs; the id of its process group too. */
  readonly pid: number | undefined;
  /** Starts it, on the ports that it had before, and resolves when it answers. Fine also when it runs. */
  start(): Promise<void>;
  /** Ends it and what it has started, and resolves when it is gone. Fine also when it does not run. */
  stop(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Makes it hang, with its connections open, until `resume`. */
  pause(): void;
  resume(): void;
}

export interface ComponentDefinition {
  name: ComponentName;
  command: Command;
  /** Whether it answers. */
  probe: () => Promise<boolean>;
}

const START_WITHIN_MS = 60_000;

export function createComponent(definition: ComponentDefinition, processes: Processes, logFile: string): Component {
  const { name, command, probe } = definition;
  let child: ChildProcess | undefined;
  const signal = (which: NodeJS.Signals): void => {
    if (child?.pid === undefined) throw new Error(`${name} does not run.`);
    process.kill(-child.pid, which);
  };
  return {
    name,
    logFile,
    get pid() {
      return child?.pid;
    },
    async start() {
      if (child === undefined) {
        const started = processes.spawn(command, logFile);
        child = started;
        started.once('exit', () => {
          if (child === started) child = undefined;
        });
      }
      const deadline = performance.now() + START_WITHIN_MS;
      while (!(await probe().catch(() => false))) {
        const late = performance.now() > deadline;
        if (child === undefined || late) {
          const what = late ? `does not answer after ${START_WITHIN_MS / 1000} s` : 'ended while it started';
          throw new Error(`${name} ${what}. The end of its log:\n${await lastLines(logFile)}`);
        }
        await sleep(25);
      }
    },
    async stop(which = 'SIGKILL') {
      if (child === undefined) return;
      const ended = once(child, 'exit');
      signal(which);
      await ended;
    },
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
  };
}

async function lastLines(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-20).join('\n');
}
