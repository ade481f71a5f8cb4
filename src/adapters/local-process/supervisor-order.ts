/** What a supervisor is told, in one line of JSON on its input. Nothing is started before it is complete. */
export interface SupervisorOrder {
  readonly environmentId: string;
  readonly revision: number;
  /** Commands for `sh -c`, one after another for as long as each ends with 0. */
  readonly commands: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Texts that are shown as `***` in the log. */
  readonly masked: readonly string[];
  readonly logFile: string;
  /** The log and the part of it that was set aside have at most this size together. */
  readonly logBytes: number;
  readonly exitFile: string;
  /** Holds the RFC 3339 time at which everything ends. It may be written anew at any time. */
  readonly leaseFile: string;
  /** Whether the end of the input, which comes when Blueberry ends, ends everything. */
  readonly leash: boolean;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
}

/** Written when a supervisor's command, and everything that it left behind, has ended. */
export interface ExitRecord {
  /** RFC 3339. */
  readonly at: string;
  /** Index of the command that ended last. */
  readonly command: number;
  readonly code: number | null;
  readonly signal: string | null;
  /** `ended`: by itself. Else what made the supervisor end it: a signal, the lease, or the end of its input. */
  readonly cause: 'ended' | 'requested' | 'expired' | 'leash';
}
