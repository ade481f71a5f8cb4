/** A map that forgets what was not asked for longest once it holds more than `limit` entries. */
export interface RecordCache<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
}

export function createRecordCache<V extends object>(limit: number): RecordCache<V> {
  // A Map keeps the order of insertion: what is used is put at the end again, what is at the front goes first.
  const entries = new Map<string, V>();
  return {
    get(key) {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      entries.delete(key);
      entries.set(key, value);
      return value;
    },
    set(key, value) {
      entries.delete(key);
      entries.set(key, value);
      if (entries.size <= limit) return;
      const oldest = entries.keys().next();
      if (!oldest.done) entries.delete(oldest.value);
    },
    delete(key) {
      entries.delete(key);
    },
  };
}

/** What was found, for as long as no commit has been made since. */
export interface Answers {
  /** The answer that `find` gave when `commits` was the same, or a new one. */
  remember<T>(commits: number, question: string, find: () => T): T;
}

export function createAnswers(limit: number): Answers {
  const answers = new Map<string, unknown>();
  let asOf = -1;
  return {
    remember<T>(commits: number, question: string, find: () => T): T {
      if (commits !== asOf || answers.size >= limit) {
        answers.clear();
        asOf = commits;
      }
      if (answers.has(question)) return answers.get(question) as T;
      const answer = find();
      answers.set(question, answer);
      return answer;
    },
  };
}

/** Freezes a value that came out of `JSON.parse`, so that many readers can share it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const item of Object.values(value)) deepFreeze(item);
  return Object.freeze(value);
}
