import { SECRET_VARIABLES_NAME } from '../../../core/workload-values.ts';
import type { NewObject, Secret } from '../kubernetes/objects.ts';
import { environmentLabels, type Owner } from './ownership.ts';

/** The secret variables of an environment, which its chart refers to by name. */
export function buildEnvironmentSecret(
  namespace: string,
  owner: Owner,
  variables: Readonly<Record<string, string>>,
): NewObject<Secret> {
  const data = Object.entries(variables).map(([name, value]) => [name, Buffer.from(value).toString('base64')]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: SECRET_VARIABLES_NAME, namespace, labels: environmentLabels(owner) },
    type: 'Opaque',
    data: Object.fromEntries(data) as Record<string, string>,
  };
}
