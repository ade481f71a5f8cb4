import type { FileFault, RepositoryFile } from '../core/repository-file.ts';

/** Understands `blueberry.yaml`. */
export interface RepositoryFileReader {
  /** Never throws for what stands in the text: every fault is returned with its line. */
  read(
    text: string,
  ):
    | { readonly file: RepositoryFile; readonly faults: null }
    | { readonly file: null; readonly faults: readonly FileFault[] };
}
