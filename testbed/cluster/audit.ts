import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from './layout.ts';

export function auditLogOf(layout: Layout): string {
  return join(layout.logs, 'audit.log');
}

/** What makes the API server take down the requests of these users, once each, when it has answered them. */
export async function auditArguments(layout: Layout, users: readonly string[]): Promise<readonly string[]> {
  if (users.length === 0) return [];
  const policy = join(layout.data, 'audit-policy.json');
  const rules = [{ level: 'Metadata', users }, { level: 'None' }];
  const omitStages = ['RequestReceived', 'ResponseStarted'];
  await writeFile(policy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules, omitStages }));
  return [`--audit-policy-file=${policy}`, `--audit-log-path=${auditLogOf(layout)}`];
}
