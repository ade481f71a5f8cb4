import type { Cluster } from '../../testbed/cluster/start-cluster.ts';
import { cpuSecondsOf } from '../process-usage.ts';

/** Processor time of each component of the cluster that has taken any, in seconds, most first. */
export async function clusterUsage({ components }: Cluster): Promise<string> {
  const running = Object.values(components).filter(({ pid }) => pid !== undefined);
  const taken = await Promise.all(running.map(async ({ name, pid }) => ({ name, seconds: await cpuSecondsOf(pid) })));
  return taken
    .filter(({ seconds }) => seconds >= 1)
    .sort((left, right) => right.seconds - left.seconds)
    .map(({ name, seconds }) => `${name} ${seconds.toFixed(0)} s`)
    .join(', ');
}
