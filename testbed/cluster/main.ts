import { findProgram, howToGet } from '../../scripts/requirements.ts';
import { tiers } from '../../scripts/tiers.ts';
import { startCluster } from './start-cluster.ts';

// `make cluster`: one cluster by hand, until Ctrl-C.

const needs = tiers.find(({ name }) => name === 'cluster')?.needs ?? [];
const absent = needs.filter((need) => findProgram(need) === undefined);
if (absent.length > 0) {
  for (const need of absent) console.error(`${need} is missing. Get it with: ${howToGet(need)}`);
  process.exit(1);
}

// From the first moment: Ctrl-C while it starts ends what has been started.
const asked = Promise.withResolvers<NodeJS.Signals>();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, asked.resolve);

const begin = performance.now();
const starting = startCluster().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
const cluster = await Promise.race([starting, asked.promise.then(() => undefined)]);
// What has been started so far ends with this process.
if (cluster === undefined) process.exit(130);

const { access } = cluster;
const seconds = ((performance.now() - begin) / 1000).toFixed(1);
console.log(`A Kubernetes cluster with Argo CD runs (started in ${seconds} s). In another terminal:

  export KUBECONFIG=${access.kubeconfig}
  export PATH="${access.path.slice(0, -(process.env.PATH ?? '').length)}$PATH"
  export REGISTRY=${access.registry}
  kubectl get nodes

  API server   ${access.server}
  registry     ${access.registry} (crane append --insecure -f layer.tar -t $REGISTRY/acme/web:1)
  Git          ${access.gitFolder} (as file://${access.gitFolder}/NAME)
  logs         ${access.componentLogs}

Containers don't run here: Pods are acted out. testbed/README.md says how. Ctrl-C ends everything.`);
await asked.promise;
await cluster.stop();
