import { Failure } from '../../core/errors.ts';
import type { ArgocdSettings } from './argocd-settings.ts';
import type { AccessQuestion, KubernetesClient } from './kubernetes/kubernetes-client.ts';
import { KubernetesFailure } from './kubernetes/kubernetes-failure.ts';
import { applications, appProjects } from './kubernetes/resources.ts';
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

  return async () => {
    try {
      await client.serverVersion({ timeoutMs: TIMEOUT_MS });
      if (performance.now() - allowedAt < RIGHTS_KEPT_MS) return;
      const refused = await missing();
      if (refused.length > 0)
        throw new Failure(
          'unavailable',
          `The account that Blueberry uses at ${client.server.host} may not ${listed(refused)}. Grant it what deploy/rbac.yaml holds.`,
        );
      const none = { namespace: argocdNamespace, labelSelector: 'blueberry.dev/none' };
      await Promise.all([client.list(applications, none), client.list(appProjects, none)]);
      allowedAt = performance.now();
    } catch (error) {
      if (!(error instanceof KubernetesFailure)) throw error;
      const what =
        error.kind === 'not_served'
          ? `Argo CD is not installed in the cluster at ${client.server.host}, or the kubeconfig leads to another one. ${error.message}`
          : error.message;
      throw new Failure('unavailable', what, { cause: error });
    }
  };
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
