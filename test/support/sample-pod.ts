import { setTimeout as pause } from 'node:timers/promises';
import type { KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import type { Pod } from '../../src/adapters/argocd/kubernetes/pod-objects.ts';
import { pods } from '../../src/adapters/argocd/kubernetes/resources.ts';

const READY_WITHIN_MS = 60_000;

/** A Pod with one container `web`; resolves when `isThere` says so, by default when it is ready. */
export async function makePod(
  client: KubernetesClient,
  ref: { readonly namespace: string; readonly name: string },
  image = 'example.com/web:1',
  isThere: (pod: Pod) => boolean = isReady,
): Promise<Pod> {
  const spec = { containers: [{ name: 'web', image, ports: [{ containerPort: 8080 }] }] };
  await client.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: ref, spec });
  for (const end = performance.now() + READY_WITHIN_MS; ; await pause(50)) {
    const pod = await client.get(pods, ref);
    if (isThere(pod)) return pod;
    if (performance.now() > end) throw new Error(`The Pod is not there yet: ${JSON.stringify(pod.status)}`);
  }
}

function isReady({ status }: Pod): boolean {
  return status?.containerStatuses?.[0]?.ready === true;
}
