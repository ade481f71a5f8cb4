/** How long something has to last before it counts: what comes and goes by itself is no failure. */
export interface Patience {
  /** Argo CD takes its errors back while it looks again. */
  readonly conditionMs: number;
  /** So long the repository of a chart may not answer. */
  readonly unreachableMs: number;
  /** A resource may be degraded for a moment on its way. */
  readonly degradedMs: number;
  /** A parent can be healthy before its children are there (argo-cd#6708). */
  readonly holdMs: number;
  /** So long an image may not be had, or what a container needs may be missing. */
  readonly startMs: number;
  /** So long a registry may not answer. */
  readonly registryMs: number;
  /** An autoscaler needs a minute or two for a node. */
  readonly unschedulableMs: number;
  /** So long a pod may run without being ready, where no progress deadline of its own ends that before. */
  readonly unreadyMs: number;
  /** So often a container may be started again: one that waits for its database by crashing does so once or twice. */
  readonly restarts: number;
}

export const DEFAULT_PATIENCE: Patience = {
  conditionMs: 10_000,
  unreachableMs: 60_000,
  degradedMs: 10_000,
  holdMs: 2_000,
  startMs: 10_000,
  registryMs: 60_000,
  unschedulableMs: 180_000,
  unreadyMs: 300_000,
  restarts: 3,
};
