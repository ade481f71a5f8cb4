export interface Leadership {
  /** Aborted when leadership is lost or given up; whoever acts as the leader stops then. */
  readonly signal: AbortSignal;
  /** Gives leadership up; resolves when another may have it. */
  resign(): Promise<void>;
}

/** Chooses one leader among all replicas that share a store. */
export interface Election {
  /** Resolves once this replica leads. Waits for as long as another does; fails only when `signal` aborts. */
  campaign(signal: AbortSignal): Promise<Leadership>;
  /** Who leads now, for people to read; null when nobody is known to. */
  leader(): Promise<string | null>;
}
