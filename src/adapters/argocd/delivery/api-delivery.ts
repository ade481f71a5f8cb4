import type { Log } from '../../../ports/log.ts';
import type { Application } from '../kubernetes/argocd-objects.ts';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { isKubernetesFailure, orAbsent } from '../kubernetes/kubernetes-failure.ts';
import type { NewObject } from '../kubernetes/objects.ts';
import { applications, describeObject } from '../kubernetes/resources.ts';
import { NotOurs } from '../objects/not-ours.ts';
import { isOwnedAs } from '../objects/ownership.ts';
import { changesTo, specText } from './application-changes.ts';
import type { ApplicationDelivery } from './application-delivery.ts';
import { removeApplication } from './remove-application.ts';

export interface ApiDeliveryOptions {
  readonly client: Pick<KubernetesClient, 'get' | 'create' | 'patchJson' | 'delete'>;
  readonly argocdNamespace: string;
  readonly log?: Log;
}

const TRIES = 6;

/** Makes, changes and deletes Applications through the Kubernetes API. */
export function createApiDelivery({ client, argocdNamespace, log }: ApiDeliveryOptions): ApplicationDelivery {
  /** By name, where the API server keeps something else than it was sent: what is wanted, and what becomes of it. */
  const stored = new Map<string, { readonly wanted: string; readonly is: string }>();

  function remember({ metadata, spec }: NewObject<Application>, answer: Application): void {
    const wanted = specText(spec);
    const is = specText(answer.spec);
    if (is === wanted) stored.delete(metadata.name);
    else stored.set(metadata.name, { wanted, is });
  }

  function storedAs({ metadata, spec }: NewObject<Application>): string | null {
    const known = stored.get(metadata.name);
    return known !== undefined && known.wanted === specText(spec) ? known.is : null;
  }

  async function change(wanted: NewObject<Application>, current: Application): Promise<Application> {
    const { name } = wanted.metadata;
    const { fields, patch } = changesTo(current, wanted, storedAs(wanted));
    if (fields.length === 0) return current;
    const answer = await client.patchJson(applications, { name, namespace: argocdNamespace }, patch);
    log?.info({ application: name, fields }, 'Changed an Application.');
    return answer;
  }

  return {
    async put(wanted, seen) {
      const ref = { name: wanted.metadata.name, namespace: argocdNamespace };
      let current = seen;
      for (let tries = 1; ; tries += 1) {
        if (current !== null && !isOwnedAs(current, wanted)) throw new NotOurs(describeObject(applications, ref));
        if (current?.metadata.deletionTimestamp !== undefined) return current;
        try {
          const answer = current === null ? await client.create(applications, wanted) : await change(wanted, current);
          if (answer !== current) remember(wanted, answer);
          return answer;
        } catch (error) {
          const isOutdated =
            isKubernetesFailure(error, 'already_exists', 'conflict', 'unknown_outcome') ||
            (current !== null && isKubernetesFailure(error, 'not_found'));
          if (!isOutdated || tries === TRIES) throw error;
        }
        current = await orAbsent(client.get(applications, ref));
      }
    },
    async remove(name, seen) {
      stored.delete(name);
      if (seen !== null) await removeApplication(client, seen);
      return true;
    },
    list: () => Promise.resolve([]),
  };
}
