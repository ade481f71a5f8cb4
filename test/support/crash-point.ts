import { readFileSync } from 'node:fs';

/** Where a process is to end, or to be stopped: before or after the Nth call of a method from when the point is set. */
export interface CrashPoint {
  readonly text: string;
  /** `PART.METHOD`, or `PART.METHOD.KIND` for those calls of which the first argument is of a kind. */
  readonly target: string;
  readonly moment: string;
  readonly call: number;
  readonly signal: 'SIGKILL' | 'SIGSTOP';
}

/** `kubernetes.create.Namespace:before:1`, `store.commit:after:3:SIGSTOP` */
export function parseCrashPoint(text: string): CrashPoint {
  const [target = '', moment = '', call = '1', signal = 'SIGKILL'] = text.split(':');
  return { text, target, moment, call: Number(call), signal: signal === 'SIGSTOP' ? 'SIGSTOP' : 'SIGKILL' };
}

/** Decorates parts of the product so that this process meets its point. */
export interface CrashPoints {
  watched<T extends object>(part: string, object: T): T;
}

/**
 * @param read the point as it is now, asked at each call; null: there is none
 */
export function createCrashPoints(read: () => CrashPoint | null): CrashPoints {
  let current: CrashPoint | null = null;
  let calls = 0;

  function pointFor(name: string): CrashPoint | null {
    const point = read();
    if (point?.text !== current?.text) calls = 0;
    current = point;
    return point !== null && (point.target === name || point.target.startsWith(`${name}.`)) ? point : null;
  }

  return {
    watched: (part, object) =>
      new Proxy(object, {
        get(target, property, receiver) {
          const member: unknown = Reflect.get(target, property, receiver);
          const name = `${part}.${String(property)}`;
          if (typeof member !== 'function' || pointFor(name) === null) return member;
          return async (...args: unknown[]): Promise<unknown> => {
            const point = pointFor(name);
            const isMeant = point !== null && (point.target === name || point.target === `${name}.${kindOf(args[0])}`);
            if (isMeant) calls += 1;
            const isNow = isMeant && calls === point.call;
            if (isNow && point.moment === 'before') end(point.signal);
            const result: unknown = await Reflect.apply(member, target, args);
            if (isNow && point.moment === 'after') end(point.signal);
            return result;
          };
        },
      }),
  };
}

/** A point that is set while the process runs, by writing it to a file. */
export function pointInFile(file: string): () => CrashPoint | null {
  let text = '';
  let point: CrashPoint | null = null;
  return () => {
    const now = readText(file);
    if (now !== text) point = now === '' ? null : parseCrashPoint(now);
    text = now;
    return point;
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function kindOf(argument: unknown): string {
  return (argument as { readonly kind?: string } | undefined)?.kind ?? '';
}

function end(signal: 'SIGKILL' | 'SIGSTOP'): void {
  process.kill(process.pid, signal);
  // A signal may take a moment to arrive; nothing may happen in between.
  const cell = new Int32Array(new SharedArrayBuffer(4));
  do Atomics.wait(cell, 0, 0, 100);
  while (signal === 'SIGKILL');
}
