/** What a client asked of Blueberry, and what it was told. */
export interface ClientEntry {
  readonly source: 'client';
  readonly action: 'create' | 'redeploy' | 'delete';
  /** `asked` before the request is sent; `told` once it is answered as wished. */
  readonly moment: 'asked' | 'told';
  /** Of the environment; null until it is known. */
  readonly id: string | null;
  readonly name: string;
}

/** What a client read of an environment that it waited for. */
export interface ReadingEntry {
  readonly source: 'reading';
  readonly id: string;
  readonly status: 'ready' | 'terminated';
}

/** What became of an object in the cluster that says that it is of an environment. */
export interface ClusterEntry {
  readonly source: 'cluster';
  /** `leaving`: its deletion was asked for. `revised`: it is to be of another revision. */
  readonly event: 'made' | 'revised' | 'leaving' | 'gone';
  readonly kind: 'Application' | 'Namespace';
  readonly name: string;
  readonly uid: string;
  readonly environmentId: string;
  /** Of an Application, by its annotation; null for a namespace. */
  readonly revision: number | null;
}

/** What was done to the system on purpose. */
export interface FaultEntry {
  readonly source: 'fault';
  readonly what: string;
}

export type HistoryEvent = ClientEntry | ReadingEntry | ClusterEntry | FaultEntry;
/** With the time in milliseconds since the history began. */
export type HistoryEntry = HistoryEvent & { readonly at: number };

/** Everything that happened, in the order in which the test saw it. */
export interface History {
  readonly entries: readonly HistoryEntry[];
  add(event: HistoryEvent): void;
}

export function createHistory(): History {
  const began = performance.now();
  const entries: HistoryEntry[] = [];
  return {
    entries,
    add(event) {
      entries.push({ ...event, at: Math.round(performance.now() - began) });
    },
  };
}
