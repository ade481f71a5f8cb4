/** Files at commits, which never change; the least recently read go first. */
export interface FileCache {
  /** Reads it the first time; a failure is not kept. */
  get(repositoryId: string, commit: string, path: string, read: () => Promise<string | null>): Promise<string | null>;
  forget(repositoryId: string): void;
}

interface Entry {
  readonly repositoryId: string;
  readonly text: Promise<string | null>;
}

export function createFileCache(maxEntries: number): FileCache {
  const entries = new Map<string, Entry>();
  return {
    get(repositoryId, commit, path, read) {
      const key = `${repositoryId} ${commit} ${path}`;
      const entry = entries.get(key) ?? { repositoryId, text: read() };
      entries.delete(key);
      entries.set(key, entry);
      entry.text.catch(() => {
        if (entries.get(key) === entry) entries.delete(key);
      });
      const oldest = entries.keys().next();
      if (entries.size > maxEntries && !oldest.done) entries.delete(oldest.value);
      return entry.text;
    },
    forget(repositoryId) {
      for (const [key, entry] of entries) if (entry.repositoryId === repositoryId) entries.delete(key);
    },
  };
}
