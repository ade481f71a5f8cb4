import type { EnvironmentKey } from '../../../ports/environment-runtime.ts';
import type { JsonObject } from '../../../core/json.ts';

/** What Blueberry decides about the Application of an environment. */
export interface ApplicationInput {
  readonly key: EnvironmentKey;
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
}
