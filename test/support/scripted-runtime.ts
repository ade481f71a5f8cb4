import type { Duplex } from 'node:stream';
import { Failure } from '../../src/core/errors.ts';
import type {
  DesiredEnvironment,
  EnvironmentKey,
  EnvironmentRuntime,
  LogLine,
  RemovalObservation,
  RuntimeObservation,
  RuntimeProgress,
} from '../../src/ports/environment-runtime.ts';
import type { Clock } from '../../src/ports/clock.ts';

/** A world whose behaviour a test decides, for what no real program does on demand: being stuck, or silent. */
export interface ScriptedRuntime extends EnvironmentRuntime {
  /** What `ensure` and `observe` see from now on. */
  progress: RuntimeProgress;
  /** Why nothing can be removed; null lets it go. */
  removalBlockedBy: string | null;
  readonly present: Map<string, { readonly key: EnvironmentKey; readonly desired: DesiredEnvironment | null }>;
  readonly ensured: DesiredEnvironment[];
  readonly removed: string[];
  /** What each environment that is present has printed. */
  readonly lines: LogLine[];
}

export function createScriptedRuntime(clock: Clock): ScriptedRuntime {
  const present: ScriptedRuntime['present'] = new Map();
  const ensured: DesiredEnvironment[] = [];
  const removed: string[] = [];
  const lines: LogLine[] = [];

  function observation(id: string): RuntimeObservation {
    const desired = present.get(id)?.desired ?? null;
    const [component] = desired?.components ?? [];
    const progress: RuntimeProgress | null = desired?.asleep ? { step: 'asleep' } : desired && runtime.progress;
    const running = desired && component && progress?.step === 'running';
    return {
      observedAt: clock.timestamp(),
      presence: present.has(id) ? 'present' : 'absent',
      revision: desired?.revision ?? null,
      progress,
      serving: running ? { revision: desired.revision, commit: component.commit } : null,
      sync: running ? 'Synced' : 'OutOfSync',
      health: running ? 'Healthy' : 'Progressing',
      resources: [],
      blockedBy: null,
    };
  }

  const runtime: ScriptedRuntime = {
    progress: { step: 'running' },
    removalBlockedBy: null,
    present,
    ensured,
    removed,
    lines,
    ensure(desired) {
      ensured.push(desired);
      present.set(desired.key.id, { key: desired.key, desired });
      return Promise.resolve(observation(desired.key.id));
    },
    observe: (key) => Promise.resolve(observation(key.id)),
    remove(key): Promise<RemovalObservation> {
      if (runtime.removalBlockedBy !== null && present.has(key.id)) {
        return Promise.resolve({
          ...observation(key.id),
          presence: 'removing',
          blockedBy: runtime.removalBlockedBy,
          removed: [],
        });
      }
      present.delete(key.id);
      removed.push(key.id);
      const gone = { kind: 'Process', name: 'web', verifiedGoneAt: clock.timestamp() };
      return Promise.resolve({ ...observation(key.id), presence: 'absent', removed: [gone] });
    },
    list: () => Promise.resolve([...present.values()].map(({ key }) => key)),
    watch: () => () => undefined,

    async *logs(key): AsyncIterable<LogLine> {
      if (present.has(key.id)) yield* await Promise.resolve(lines);
    },
    connect: (): Promise<{ connection: Duplex; revision: number }> =>
      Promise.reject(new Failure('unavailable', 'Nothing serves in this world.')),
    check: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  return runtime;
}
