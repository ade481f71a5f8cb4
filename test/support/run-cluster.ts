import { startCluster } from '../../testbed/cluster/start-cluster.ts';

// Starts a cluster, prints the ids of its processes and its folder, and waits to be killed.

const cluster = await startCluster();
const pids = Object.values(cluster.components).map(({ pid }) => pid);
console.log(JSON.stringify({ pids, kubeconfig: cluster.access.kubeconfig }));
