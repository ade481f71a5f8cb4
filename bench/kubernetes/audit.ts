import { readFile } from 'node:fs/promises';
import type { ClusterAccess } from '../../testbed/cluster/access.ts';

interface Entry {
  readonly verb: string;
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string };
}

/** The requests of Blueberry's account that the API server has answered so far, in their order. */
export async function requestsOf({ auditLog }: ClusterAccess): Promise<readonly string[]> {
  const lines = (await readFile(auditLog, 'utf8')).trimEnd().split('\n');
  return lines.map((line) => {
    const { verb, objectRef: { resource = 'cluster', subresource } = {} } = JSON.parse(line) as Entry;
    return `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
  });
}

/** `4.0 list pods, 2.0 create …`, for each of so many; what is done less often than for every twentieth is left out. */
export function perOne(requests: readonly string[], count: number): string {
  const counts = new Map<string, number>();
  for (const request of requests) counts.set(request, (counts.get(request) ?? 0) + 1);
  return [...counts]
    .sort(([, left], [, right]) => right - left)
    .filter(([, times]) => times >= count / 20)
    .map(([request, times]) => `${(times / count).toFixed(1)} ${request}`)
    .join(', ');
}
