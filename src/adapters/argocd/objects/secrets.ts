import { parseImageReference } from '../../../core/image-reference.ts';
import { PULL_SECRET_NAME, SECRET_VARIABLES_NAME } from '../../../core/workload-values.ts';
import type { NewObject, Secret } from '../kubernetes/objects.ts';
import {
  environmentLabels,
  INSTALLATION_LABEL,
  MANAGED_BY_LABEL,
  MANAGER,
  REPOSITORY_LABEL,
  type Owner,
} from './ownership.ts';
import { projectName } from './project.ts';

/** The secret variables of an environment, which its chart refers to by name; null where it has none. */
export function buildVariablesSecret(
  namespace: string,
  owner: Owner,
  variables: Readonly<Record<string, string>>,
): NewObject<Secret> | null {
  if (Object.keys(variables).length === 0) return null;
  const metadata = { name: SECRET_VARIABLES_NAME, namespace, labels: environmentLabels(owner) };
  return { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data: encoded(variables) };
}

/** What nodes pull a private image with; null where no credential is known. */
export function buildPullSecret(
  namespace: string,
  owner: Owner,
  image: string | null,
  credential: string | null,
): NewObject<Secret> | null {
  const registry = image === null ? null : (parseImageReference(image).reference?.registry ?? null);
  if (registry === null || credential === null) return null;
  // Docker Hub is known to nodes by an older name.
  const host = registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry;
  const auth = Buffer.from(pairOf(credential)).toString('base64');
  const metadata = { name: PULL_SECRET_NAME, namespace, labels: environmentLabels(owner) };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    type: 'kubernetes.io/dockerconfigjson',
    data: encoded({ '.dockerconfigjson': JSON.stringify({ auths: { [host]: { auth } } }) }),
  };
}

/** How Argo CD reads a private repository whose chart is its own; for the environments of that repository alone. */
export function buildRepositorySecret(
  repository: { readonly id: string; readonly url: string },
  credential: string,
  { installation, argocdNamespace }: { readonly installation: string; readonly argocdNamespace: string },
): NewObject<Secret> {
  const project = projectName(repository.id);
  const isKey = credential.includes('PRIVATE KEY-----');
  const [username = '', ...rest] = pairOf(credential).split(':');
  const access: Record<string, string> = isKey ? { sshPrivateKey: credential } : { username, password: rest.join(':') };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: project,
      namespace: argocdNamespace,
      labels: {
        [MANAGED_BY_LABEL]: MANAGER,
        [INSTALLATION_LABEL]: installation,
        [REPOSITORY_LABEL]: repository.id,
        'argocd.argoproj.io/secret-type': 'repository',
      },
    },
    type: 'Opaque',
    data: encoded({ type: 'git', url: repository.url, project, ...access }),
  };
}

/** A token alone goes with the user name that GitHub and its registry take, and others don't look at. */
function pairOf(credential: string): string {
  return credential.includes(':') ? credential : `x-access-token:${credential}`;
}

function encoded(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text).toString('base64')]));
}
