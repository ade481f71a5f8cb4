import type { KubernetesClient } from './kubernetes-client.ts';
import { KubernetesFailure } from './kubernetes-failure.ts';

/**
 * The same client, which changes nothing any more once this process does not lead. Kubernetes compares no epoch: what a
 * leader that was stopped sends when it wakes up would be done, though another one leads by then and may have removed
 * what it is about. Fails with `unavailable` then, as nothing was done.
 */
export function leadersClient(client: KubernetesClient, leads: () => boolean): KubernetesClient {
  function demandLead(): void {
    if (!leads())
      throw new KubernetesFailure('unavailable', 'Another replica leads, and changes what is to be changed.');
  }
  return {
    ...client,
    async create(resource, object, options) {
      demandLead();
      return client.create(resource, object, options);
    },
    async patchJson(resource, ref, patch, options) {
      demandLead();
      return client.patchJson(resource, ref, patch, options);
    },
    async delete(resource, ref, options) {
      demandLead();
      return client.delete(resource, ref, options);
    },
  };
}
