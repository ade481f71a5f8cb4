import type { EnvironmentKey } from '../../../ports/environment-runtime.ts';
import type { Application } from '../kubernetes/argocd-objects.ts';
import type { NewObject } from '../kubernetes/objects.ts';

/**
 * The way by which Applications get into the cluster and out of it. Calls are idempotent, for they are made again and
 * again; they fail with a `KubernetesFailure` or a `GitFailure`.
 */
export interface ApplicationDelivery {
  /**
   * Makes the Application be as wanted, also where somebody has changed it by hand; one that is so already costs nothing.
   * @param seen the Application as the cluster has it, which is ours; null: there is none
   * @returns it as the API server has it now; null where it has only been asked for
   */
  put(wanted: NewObject<Application>, seen: Application | null): Promise<Application | null>;
  /**
   * Asks for the removal of the Application with all that it has deployed.
   * @param seen as in `put`
   * @returns whether nothing brings it back that was asked for before. It may still be there then.
   */
  remove(name: string, seen: Application | null): Promise<boolean>;
  /** Environments that are asked for, beyond those whose Applications are in the cluster. */
  list(): Promise<readonly EnvironmentKey[]>;
}
