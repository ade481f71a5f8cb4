import type { EnvironmentKey, LogLine } from '../../../ports/environment-runtime.ts';
import type { Log } from '../../../ports/log.ts';
import type { CloserLook } from '../view/closer-look.ts';
import { readEnvironmentLogs } from './environment-logs.ts';
import type { KeptLogs } from './kept-logs.ts';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.ts';

const LINES_MAX = 5_000;
const TIMEOUT_MS = 5_000;

/** Keeps the end of what an environment printed, before its pods go. A log that can't be read does not hold that up. */
export async function keepLogs(
  {
    client,
    closerLook,
    keptLogs,
    log,
  }: {
    readonly client: KubernetesClient;
    readonly closerLook: CloserLook;
    readonly keptLogs: KeptLogs;
    readonly log: Log;
  },
  key: EnvironmentKey,
  namespace: string,
): Promise<void> {
  const lines: LogLine[] = [];
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const query = { follow: false, tail: LINES_MAX, signal };
    const isThere = (): boolean => true;
    for await (const line of readEnvironmentLogs({ client, closerLook, isThere }, namespace, query)) lines.push(line);
  } catch (error) {
    log.warn({ environment: key.id, error: String(error) }, 'The log of an environment could not be kept whole.');
  }
  await keptLogs.keep(key.id, lines).catch((error: unknown) => {
    log.warn({ environment: key.id, error: String(error) }, 'The log of an environment could not be kept.');
  });
}
