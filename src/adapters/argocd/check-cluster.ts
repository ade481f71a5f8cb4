import { Failure } from '../../core/errors.ts';
import type { ArgocdSettings } from './argocd-settings.ts';
import type { AccessQuestion, KubernetesClient } from './kubernetes/kubernetes-client.ts';
import { isKubernetesFailure, KubernetesFailure } from './kubernetes/kubernetes-failure.ts';
import { applications, appProjects, namespaces } from './kubernetes/resources.ts';
import { questionsOf, REQUIRED_RIGHTS } from './required-rights.ts';

/** Rights change seldom, and there are many to ask for. */
const RIGHTS_KEPT_MS = 60_000;
const TIMEOUT_MS = 5_000;

/**
 * Makes a check of the whole way to the cluster: that it answers and knows us, that Argo CD is installed in it, and that
 * all is allowed that Blueberry has to do. The check fails with an `unavailable` that says what is wrong and what to do.
 */
export function createClusterCheck(
  client: KubernetesClient,
  { argocdNamespace, ownNamespace, traffic }: Pick<ArgocdSettings, 'argocdNamespace' | 'ownNamespace' | 'traffic'>,
): () => Promise<void> {
  const { host } = client.server;
  let allowedAt = -Infinity;

  async function missing(): Promise<readonly string[]> {
    const needed = REQUIRED_RIGHTS.filter(
      ({ resource }) => traffic === 'port-forward' || resource !== 'pods/portforward',
    );
    const questions = needed.flatMap((right) => questionsOf(right, { argocd: argocdNamespace, own: ownNamespace }));
    const answers = await Promise.all(
      questions.map(async (question) => {
        const { allowed } = await client.canI(question, { timeoutMs: TIMEOUT_MS });
        return allowed ? [] : [describe(question)];
      }),
    );
    return answers.flat();
  }

  /** Lists in a namespace that is not there are empty, and rights in it can be granted: nothing else would tell. */
  async function demandNamespace(name: string, otherwise: string): Promise<void> {
    try {
      await client.get(namespaces, { name }, { timeoutMs: TIMEOUT_MS });
    } catch (error) {
      if (isKubernetesFailure(error, 'not_found'))
        throw new Failure('unavailable', `The cluster at ${host} has no namespace ${name}. ${otherwise}`);
      // A right that is lacking is told with all the others.
      if (!isKubernetesFailure(error, 'forbidden')) throw error;
    }
  }

  async function look(): Promise<void> {
    await client.serverVersion({ timeoutMs: TIMEOUT_MS });
    if (performance.now() - allowedAt < RIGHTS_KEPT_MS) return;
    await demandNamespace(
      argocdNamespace,
      'Install Argo CD, set ARGOCD_NAMESPACE to the namespace that it is in, or lead KUBECONFIG to another cluster.',
    );
    await demandNamespace(
      ownNamespace,
      'Blueberry keeps its Lease in it: apply deploy/rbac.yaml, or set KUBERNETES_NAMESPACE to one that is there.',
    );
    const refused = await missing();
    if (refused.length > 0)
      throw new Failure(
        'unavailable',
        `The account that Blueberry uses at ${host} may not ${listed(refused)}. Grant it what deploy/rbac.yaml holds.`,
      );
    const none = { namespace: argocdNamespace, labelSelector: 'blueberry.dev/none' };
    const options = { timeoutMs: TIMEOUT_MS };
    await Promise.all([client.list(applications, none, options), client.list(appProjects, none, options)]);
    allowedAt = performance.now();
  }

  return async () => {
    try {
      await look();
    } catch (error) {
      if (!(error instanceof KubernetesFailure)) throw error;
      throw new Failure('unavailable', sentence(error, host), { cause: error });
    }
  };
}

function sentence({ kind, message }: KubernetesFailure, host: string): string {
  switch (kind) {
    case 'not_served':
      return `Argo CD is not installed in the cluster at ${host}, or KUBECONFIG leads to another one. ${message}`;
    case 'unavailable':
    case 'timeout':
      return `${message} Check that the cluster is up and reached from here, and that KUBECONFIG leads to the right one.`;
    default:
      return message;
  }
}

function describe({ verb, group, resource, subresource, namespace }: AccessQuestion): string {
  const of = group === undefined || group === '' ? '' : `.${group}`;
  const kind = `${resource}${of}${subresource === undefined ? '' : `/${subresource}`}`;
  return `${verb} ${kind} in ${namespace === undefined ? 'every namespace' : `namespace ${namespace}`}`;
}

const SHOWN_MAX = 5;

function listed(refused: readonly string[]): string {
  const shown = refused.slice(0, SHOWN_MAX).join(', ');
  return refused.length > SHOWN_MAX ? `${shown}, and ${String(refused.length - SHOWN_MAX)} things more` : shown;
}
