import type { HealthCheck } from '../../core/repository-file.ts';

export interface BuildStep {
  readonly kind: 'install' | 'build';
  /** What people are told; `command` may have options that nobody needs to read. */
  readonly label: string;
  readonly command: string;
}

export interface RunPlan {
  readonly build: readonly BuildStep[];
  readonly health: HealthCheck | null;
  readonly run:
    | { readonly kind: 'command'; readonly command: string }
    /** Folders, best first; looked at after the build, which may make one of them. */
    | { readonly kind: 'static'; readonly folders: readonly string[] };
}
