import { randomInt } from 'node:crypto';
import { request } from 'node:http';
import type { TestAPI } from 'vitest';
import type {
  DesiredComponent,
  DesiredEnvironment,
  EnvironmentKey,
  EnvironmentRuntime,
  LogLine,
  LogQuery,
  RuntimeObservation,
} from '../../src/ports/environment-runtime.ts';
import { eventually } from '../support/product.ts';

/**
 * How an application behaves. `serving` prints `serving MARK` when it starts and answers `/` with its mark,
 * `/instance` with a text that is another one each time that it is started, `/slow` with its mark after 300 ms,
 * `/env/NAME` with the value of that variable (else 404), and `/print/TEXT` after having printed a line with that text.
 * The others never get so far: their command ends with 3, is nowhere to be found, opens no port, answers only with 500.
 */
export type ApplicationKind = 'serving' | 'crashing' | 'missing-command' | 'not-listening' | 'unhealthy';

/** A world of its own for one test, empty at first. */
export interface EnvironmentRuntimeHarness {
  readonly runtime: EnvironmentRuntime;
  /** How long a step of the world's may take before it counts as never done, in milliseconds. */
  readonly patienceMs: number;
  /** False where the world keeps what programs print to standard output and to standard error in one. */
  readonly tellsStreamsApart: boolean;
  /** An application of this kind that the runtime can put in place; each has a commit of its own. */
  component(kind: ApplicationKind, mark: string): Promise<DesiredComponent>;
  /** The same world as a control plane sees it that has just been started, the one before being gone. */
  restart(): Promise<EnvironmentRuntime>;
  /** Names everything that is left of environments in the world but their logs, found without asking the runtime. */
  leftovers(): Promise<readonly string[]>;
  dispose(): Promise<void>;
}

/** One test's world, with what most tests do in it. */
export interface Stage {
  /** The newest one, after a restart. */
  readonly runtime: EnvironmentRuntime;
  readonly harness: EnvironmentRuntimeHarness;
  readonly key: EnvironmentKey;
  restart(): Promise<void>;
  desired(component: DesiredComponent, change?: Partial<DesiredEnvironment>): DesiredEnvironment;
  /** Asks for an application of this kind, and gives what was asked for. */
  put(kind: ApplicationKind, mark: string, change?: Partial<DesiredEnvironment>): Promise<DesiredEnvironment>;
  until(
    what: string,
    condition: (seen: RuntimeObservation) => boolean,
    key?: EnvironmentKey,
  ): Promise<RuntimeObservation>;
  untilServing(revision: number, key?: EnvironmentKey): Promise<RuntimeObservation>;
  untilGone(key?: EnvironmentKey): Promise<void>;
  /** One request through a connection that the runtime gives. */
  ask(path?: string, key?: EnvironmentKey): Promise<Answer>;
  /** The lines of the log, read for 15 s at most. */
  lines(query?: Partial<LogQuery>): Promise<LogLine[]>;
  untilLine(text: string): Promise<LogLine>;
}

export interface Answer {
  readonly revision: number;
  readonly status: number;
  readonly body: string;
}

/** A test that is given a stage. */
export type StageTest = TestAPI<{ stage: Stage }>;

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';

export function newKey(name: string): EnvironmentKey {
  const letters = Array.from({ length: 26 }, () => LETTERS[randomInt(LETTERS.length)]);
  return { id: `env_${letters.join('')}`, name };
}

export function isServing(revision: number): (seen: RuntimeObservation) => boolean {
  return ({ serving, progress }) => serving?.revision === revision && progress?.step === 'running';
}

export function hasFailed({ progress }: RuntimeObservation): boolean {
  return progress?.step === 'failed';
}

export function inAnHour(): string {
  return new Date(Date.now() + 3_600_000).toISOString();
}

export function createStage(harness: EnvironmentRuntimeHarness): Stage {
  const own = newKey('contract');
  let { runtime } = harness;

  const stage: Stage = {
    get runtime() {
      return runtime;
    },
    harness,
    key: own,
    async restart() {
      runtime = await harness.restart();
    },
    desired: (component, change = {}) => ({
      key: own,
      revision: 1,
      asleep: false,
      expiresAt: inAnHour(),
      components: [component],
      ...change,
    }),
    async put(kind, mark, change) {
      const wanted = stage.desired(await harness.component(kind, mark), change);
      await runtime.ensure(wanted);
      return wanted;
    },
    async until(what, condition, key = own) {
      let last: RuntimeObservation | null = null;
      try {
        return await eventually(async () => {
          last = await runtime.observe(key);
          return condition(last) ? last : null;
        }, harness.patienceMs);
      } catch (error) {
        throw new Error(`It was never ${what}: ${JSON.stringify(last)}`, { cause: error });
      }
    },
    untilServing: (revision, key = own) =>
      stage.until(`serving revision ${String(revision)}`, isServing(revision), key),
    async untilGone(key = own) {
      let last: RuntimeObservation | null = null;
      try {
        await eventually(async () => {
          last = await runtime.remove(key);
          return last.presence === 'absent' ? true : null;
        }, harness.patienceMs);
      } catch (error) {
        throw new Error(`It was never gone: ${JSON.stringify(last)}`, { cause: error });
      }
    },
    ask: (path = '/', key = own) => askOnce(runtime, key, path),
    async lines(query = {}) {
      const lines: LogLine[] = [];
      const wanted = { follow: false, signal: AbortSignal.timeout(15_000), ...query };
      for await (const line of runtime.logs(own, wanted)) lines.push(line);
      return lines;
    },
    untilLine: (text) =>
      eventually(
        async () => (await stage.lines()).find((line) => line.text === text),
        5_000,
        `the line ${JSON.stringify(text)}`,
      ),
  };
  return stage;
}

async function askOnce(runtime: EnvironmentRuntime, key: EnvironmentKey, path: string): Promise<Answer> {
  const { connection, revision } = await runtime.connect(key);
  return new Promise((resolve, reject) => {
    request(
      { path, headers: { host: `${key.name}.localhost`, connection: 'close' }, createConnection: () => connection },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        answer.on('end', () => {
          resolve({ revision, status: answer.statusCode ?? 0, body });
        });
        answer.on('error', reject);
      },
    )
      .on('error', reject)
      .end();
  });
}
