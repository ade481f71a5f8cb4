import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, freePort, startProduct, type Product } from './product.ts';

/** One place for a process of Blueberry, with its port. Processes in it are killed, stopped and started again. */
export interface Replica {
  /** The process that runs now, or ran last. */
  readonly product: Product;
  start(): Promise<Product>;
  /** Sets the point at which the process is to end or to be stopped; see `CrashPoint`. Null: none. */
  arm(point: string | null): Promise<void>;
  /** Waits for the end of the process. Says whether it came in time; else the process is killed. */
  untilItDies(withinMs: number): Promise<boolean>;
  /** Waits until the process has stopped itself (SIGSTOP). */
  untilItStops(withinMs: number): Promise<void>;
  /** Kills what runs. */
  end(): Promise<void>;
}

export interface ReplicaOptions {
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string>>;
}

export async function createReplica({ dataDir, env }: ReplicaOptions): Promise<Replica> {
  const port = await freePort();
  const pointFile = join(dataDir, `crash-point-${String(port)}`);
  let product: Product | null = null;
  const replica: Replica = {
    get product() {
      if (product === null) throw new Error('It has not been started yet.');
      return product;
    },
    async start() {
      await replica.arm(null);
      const entry = 'test/support/crashing-main.ts';
      product = await startProduct({ dataDir, port, entry, env: { ...env, CRASH_AT_FILE: pointFile } });
      return product;
    },
    arm: (point) => (point === null ? rm(pointFile, { force: true }) : writeFile(pointFile, point)),
    async untilItDies(withinMs) {
      const doomed = replica.product;
      let isInTime = true;
      if (doomed.process.exitCode !== null || doomed.process.signalCode !== null) return isInTime;
      const killer = setTimeout(() => {
        isInTime = false;
        void doomed.kill();
      }, withinMs);
      await once(doomed.process, 'exit');
      clearTimeout(killer);
      return isInTime;
    },
    async untilItStops(withinMs) {
      const { pid = 0 } = replica.product.process;
      // `pid (name) STATE …`; T: stopped by a signal.
      const isStopped = async (): Promise<boolean> => /\) T /.test(await readFile(`/proc/${String(pid)}/stat`, 'utf8'));
      await eventually(async () => ((await isStopped()) ? true : null), withinMs, `process ${String(pid)} to stop`);
    },
    async end() {
      await product?.kill();
    },
  };
  return replica;
}
