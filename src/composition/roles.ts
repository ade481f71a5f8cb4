import type { Config } from '../config/config.ts';

/** What a process does beside telling how it is. */
export interface Duties {
  /** The API and the pages. */
  readonly console: boolean;
  /** Traffic of environments, by host name. */
  readonly previews: boolean;
  /** Making the world match the records, when it is elected. */
  readonly controller: boolean;
}

/** Split roles are for several replicas, so that each can be scaled and restarted for itself. */
export const DUTIES: Readonly<Record<Config['role'], Duties>> = {
  all: { console: true, previews: true, controller: true },
  api: { console: true, previews: false, controller: false },
  controller: { console: false, previews: false, controller: true },
  gateway: { console: false, previews: true, controller: false },
};
