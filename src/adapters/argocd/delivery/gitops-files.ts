import type { Clock } from '../../../ports/clock.ts';
import type { GitOpsRepository } from '../../../ports/gitops-repository.ts';

/** The files of environments in a GitOps repository, as they were read or written last. */
export interface GitOpsFiles {
  /** Reads them where they never were, or longer ago than that. Fails with a `GitFailure`. */
  look(maxAgeMs: number): Promise<void>;
  /** Text of the file of a name; undefined: there is none. */
  get(name: string): string | undefined;
  all(): IterableIterator<string>;
  /** Resolves once the remote has it, with the head of its branch. Null: there is to be no such file. */
  write(name: string, text: string | null, message: string): Promise<string>;
}

/** @param folder that they are in, from the root of the repository */
export function createGitOpsFiles(repository: GitOpsRepository, folder: string, clock: Clock): GitOpsFiles {
  let known = new Map<string, string>();
  let readAt: number | null = null;
  let reading: Promise<void> | null = null;
  /** What was written while a reading went on, which may have missed it. */
  let written = new Map<string, string | null>();

  const pathOf = (name: string): string => `${folder}/${name}.yaml`;

  async function read(): Promise<void> {
    const begunAt = clock.now();
    written = new Map();
    const files = new Map<string, string>();
    for (const [path, text] of await repository.readFolder(folder)) files.set(path, text);
    for (const [path, text] of written) set(files, path, text);
    known = files;
    readAt = begunAt;
  }

  return {
    async look(maxAgeMs) {
      if (readAt !== null && clock.now() - readAt <= maxAgeMs) return;
      reading ??= read().finally(() => {
        reading = null;
      });
      await reading;
    },
    get: (name) => known.get(pathOf(name)),
    all: () => known.values(),
    async write(name, text, message) {
      const path = pathOf(name);
      const head = await repository.commit(new Map([[path, text]]), message);
      set(known, path, text);
      written.set(path, text);
      return head;
    },
  };
}

function set(files: Map<string, string>, path: string, text: string | null): void {
  if (text === null) files.delete(path);
  else files.set(path, text);
}
