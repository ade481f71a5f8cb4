import type { Owner } from '../objects/ownership.ts';
import type { JsonObject } from '../../../core/json.ts';

/** What Blueberry decides about the Application of an environment. */
export interface ApplicationInput {
  readonly owner: Owner;
  /** Name of the Application, of its Helm release, and of the namespace that it deploys into. */
  readonly name: string;
  readonly argocdNamespace: string;
  readonly project: string;
  readonly destinationServer: string;
  readonly chart: {
    /** Git URL. */
    readonly repository: string;
    /** Folder of the chart in it, from the root. */
    readonly path: string;
    /** Commit, tag or branch. */
    readonly revision: string;
  };
  readonly values: JsonObject;
  readonly revision: number;
  readonly commit: string;
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly asleep: boolean;
  /** Path that has to answer before it is ready; null: any. */
  readonly healthPath: string | null;
  /** The Service that serves it, and its port. */
  readonly service: { readonly name: string; readonly port: number };
  /** Whether the chart is the repository's own rather than the workload chart. */
  readonly isOwnChart: boolean;
  /** The image that has to run, with its digest; null where none is pinned. */
  readonly image: string | null;
}
