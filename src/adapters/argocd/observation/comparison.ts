import { canonicalJson } from '../../../core/json.ts';
import type { Application, OperationState } from '../kubernetes/argocd-objects.ts';

/** Whether what Argo CD last compared with the cluster is what the spec says now, its values included. */
export function isComparedWithSpec({ spec, status }: Application): boolean {
  const compared = status?.sync?.comparedTo;
  if (!compared) return false;
  return isSame(
    { source: spec.source, sources: spec.sources, destination: spec.destination },
    { source: compared.source, sources: compared.sources, destination: compared.destination },
  );
}

/** Whether a sync was of what the spec says now; one that does not say what it was of counts. */
export function isOfSpec({ spec }: Application, { operation, syncResult }: OperationState): boolean {
  const source = syncResult?.source ?? operation?.sync?.source;
  const sources = syncResult?.sources ?? operation?.sync?.sources;
  if (source === undefined && sources === undefined) return true;
  return isSame({ source: spec.source, sources: spec.sources }, { source, sources });
}

function isSame(one: unknown, other: unknown): boolean {
  return canonicalJson(withoutEmpty(one)) === canonicalJson(withoutEmpty(other));
}

/** Argo CD writes some of what is not set as empty, and leaves out some of what is. */
function withoutEmpty(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_key, item: unknown) => (isEmpty(item) ? undefined : item))) as unknown;
}

function isEmpty(item: unknown): boolean {
  if (item === '' || item === null || item === false) return true;
  return typeof item === 'object' && Object.keys(item).length === 0;
}
