import { canonicalJson } from '../../../core/json.ts';
import type { Application, OperationState } from '../kubernetes/argocd-objects.ts';

/** Whether what Argo CD last compared with the cluster is what the spec says now, its values included. */
export function isComparedWithSpec({ spec, status }: Application): boolean {
  const compared = status?.sync?.comparedTo;
  if (!compared) return false;
  return (
    isSame(spec.source, compared.source) &&
    isSame(spec.sources, compared.sources) &&
    isSame(spec.destination, compared.destination)
  );
}

/** Whether a sync was of what the spec says now; one that does not say what it was of counts. */
export function isOfSpec({ spec }: Application, { operation, syncResult }: OperationState): boolean {
  const source = syncResult?.source ?? operation?.sync?.source;
  const sources = syncResult?.sources ?? operation?.sync?.sources;
  if (source === undefined && sources === undefined) return true;
  return isSame(spec.source, source) && isSame(spec.sources, sources);
}

/** What is written down once for both is the same object. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || canonicalJson(withoutEmpty([one])) === canonicalJson(withoutEmpty([other]));
}

/** Argo CD writes some of what is not set as empty, and leaves out some of what is. */
function withoutEmpty(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_key, item: unknown) => (isEmpty(item) ? undefined : item))) as unknown;
}

function isEmpty(item: unknown): boolean {
  if (item === '' || item === null || item === false) return true;
  return typeof item === 'object' && Object.keys(item).length === 0;
}
