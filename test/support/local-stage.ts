import type { LocalProcessRuntime } from '../../src/adapters/local-process/local-process-runtime.ts';
import type { DesiredEnvironment } from '../../src/ports/environment-runtime.ts';
import { createStage, type Stage } from '../contract/environment-runtime.stage.ts';
import { createLocalWorld, type LocalWorld, type LocalWorldOptions } from './local-world.ts';

/** A stage of the contract over local processes, for what only they do. */
export interface LocalStage extends Stage {
  readonly harness: LocalWorld;
  readonly runtime: LocalProcessRuntime;
  /** Asks for a commit with these files, and gives what was asked for. */
  putFiles(files: Readonly<Record<string, string>>, change?: Partial<DesiredEnvironment>): Promise<DesiredEnvironment>;
  dispose(): Promise<void>;
}

export async function createLocalStage(options: LocalWorldOptions = {}): Promise<LocalStage> {
  const harness = await createLocalWorld(options);
  const stage = createStage(harness);
  const more = {
    async putFiles(files: Readonly<Record<string, string>>, change?: Partial<DesiredEnvironment>) {
      const wanted = stage.desired(await harness.componentOf(files), change);
      await stage.runtime.ensure(wanted);
      return wanted;
    },
    dispose: () => harness.dispose(),
  };
  return Object.assign(stage, more) as LocalStage;
}
