import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface ChildScript {
  readonly pid: number;
  /** Its next line of standard output; fails with what it wrote to standard error when it ends before. */
  nextLine(): Promise<string>;
  /** Sends the signal and waits for the end. Fine also when it has ended. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

const running = new Set<ChildScript>();

/** Starts a script of test/support, in the same Node.js. Whoever starts it ends it. */
export function startChildScript(name: string, args: readonly string[]): ChildScript {
  const script = fileURLToPath(new URL(`./${name}`, import.meta.url));
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const closed = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const started: ChildScript = {
    pid: child.pid ?? 0,
    async nextLine() {
      const { done, value } = await lines.next();
      if (done === true) throw new Error(`${name} ended: ${errors}`);
      return value;
    },
    async end(signal = 'SIGKILL') {
      running.delete(started);
      child.kill(signal);
      await closed;
    },
  };
  running.add(started);
  return started;
}

/** Ends whatever this test file has started and not ended. */
export async function endChildScripts(): Promise<void> {
  await Promise.all([...running].map((script) => script.end()));
}
