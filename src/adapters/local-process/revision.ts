import type { DesiredEnvironment, EnvironmentKey } from '../../ports/environment-runtime.ts';
import { failureOf } from './failures.ts';
import { isAlive, type ProcessIdentity } from './process-table.ts';
import { prepareRevision } from './revision-build.ts';
import { removeFolder } from './remove-folder.ts';
import { createRevisionProgress, type RevisionProgress } from './revision-events.ts';
import { checkoutLabel, saveRevisionState, type RevisionPaths, type RevisionState } from './revision-files.ts';
import { serveRevision, type ServingAddress } from './revision-process.ts';
import type { RuntimeParts } from './runtime-parts.ts';
import { probe } from './probe.ts';

/** One deployment revision of an environment: its checkout, its build, and what serves it. */
export interface Revision {
  readonly number: number;
  readonly commit: string;
  readonly state: RevisionState;
  readonly paths: RevisionPaths;
  readonly progress: RevisionProgress;
  /** Where it answers; null while it is not healthy. */
  readonly serving: ServingAddress | null;
  /** Builds and runs it in the background, unless that is going on or has failed for good. */
  start(desired: DesiredEnvironment): void;
  /**
   * Takes up a process of an earlier life that is healthy, without keeping it alive yet: it is running before anything
   * is asked for.
   */
  adoptServing(host: string): Promise<void>;
  /** Stops looking after it; what runs goes on running. */
  letBe(): Promise<void>;
  /** Ends its processes; resolves with those that would not end. */
  end(): Promise<readonly ProcessIdentity[]>;
  /** Ends it and gives back everything of it. */
  dispose(): Promise<void>;
}

export interface RevisionOptions {
  readonly parts: RuntimeParts;
  readonly key: EnvironmentKey;
  readonly state: RevisionState;
  readonly paths: RevisionPaths;
  readonly leaseFile: string;
  readonly onChange: () => void;
}

const ADOPTION_PROBE_MS = 2_000;

export function createRevision({ parts, key, state, paths, leaseFile, onChange }: RevisionOptions): Revision {
  const progress = createRevisionProgress(parts.clock, onChange);
  if (state.failure) progress.failed(state.failure.diagnosis);
  const owner = { environmentId: key.id, revision: state.revision, folder: paths.folder };
  let serving: ServingAddress | null = null;
  let work: { readonly abort: AbortController; readonly done: Promise<void> } | null = null;

  async function run(desired: DesiredEnvironment, signal: AbortSignal): Promise<void> {
    const job = { parts, desired, paths, leaseFile, state, progress, signal };
    try {
      if (state.builder) await parts.cleanup.endAll(owner, [state.builder]);
      const prepared = await prepareRevision(job);
      signal.throwIfAborted();
      await serveRevision(job, prepared, {
        onServing(address) {
          serving = address;
          onChange();
        },
      });
    } catch (error) {
      if (signal.aborted) return;
      const { stage, diagnosis } = failureOf(state.built ? 'run' : 'build', error);
      serving = null;
      state.failure = { stage, diagnosis };
      // A disk that is full can't keep this either; what is in memory is what counts.
      await saveRevisionState(paths, state).catch(() => undefined);
      progress.failed(diagnosis);
    }
  }

  async function letBe(): Promise<void> {
    work?.abort.abort();
    await work?.done;
    work = null;
  }

  async function end(): Promise<readonly ProcessIdentity[]> {
    await letBe();
    serving = null;
    const supervisors = [state.process, state.builder].filter((process) => process !== null);
    const left = await parts.cleanup.endAll(owner, supervisors);
    if (left.length > 0) return left;
    if (state.process) parts.ports.giveBack(state.process.port);
    if (supervisors.length > 0) {
      state.process = null;
      state.builder = null;
      await saveRevisionState(paths, state).catch(() => undefined);
    }
    return [];
  }

  return {
    number: state.revision,
    commit: state.commit,
    state,
    paths,
    progress,
    get serving() {
      return serving;
    },
    start(desired) {
      if (work || state.failure) return;
      const abort = new AbortController();
      const done = run(desired, abort.signal).finally(() => {
        // What was ended because its time was over may start again when that is renewed.
        if (!abort.signal.aborted) work = null;
      });
      work = { abort, done };
    },
    async adoptServing(host) {
      const { process } = state;
      if (state.failure || !process || !isAlive(process)) return;
      parts.ports.hold(process.port);
      const seen = await probe({ port: process.port, path: process.health?.path ?? null, host }, ADOPTION_PROBE_MS);
      if (seen.state !== 'healthy') return;
      serving = { address: seen.address, port: process.port };
      progress.running();
    },
    letBe,
    end,
    async dispose() {
      await end();
      await removeFolder(paths.source);
      const label = checkoutLabel(key.id, state.revision);
      await parts.checkouts.release({ repositoryId: state.repositoryId, folder: paths.source, label });
      await removeFolder(paths.folder);
    },
  };
}
