import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { repositoryFile } from '../../scripts/chart-documentation.ts';
import type { Application } from '../../src/adapters/argocd/kubernetes/argocd-objects.ts';
import type { KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import { orAbsent } from '../../src/adapters/argocd/kubernetes/kubernetes-failure.ts';
import type { NewObject } from '../../src/adapters/argocd/kubernetes/objects.ts';
import { applications, namespaces } from '../../src/adapters/argocd/kubernetes/resources.ts';
import type { ApplicationInput } from '../../src/adapters/argocd/manifest/application-input.ts';
import {
  createApplicationTemplate,
  type ApplicationTemplate,
} from '../../src/adapters/argocd/manifest/application-template.ts';
import type { Owner } from '../../src/adapters/argocd/objects/ownership.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { kubernetesName } from '../../src/core/naming.ts';
import { until } from './cluster-tools.ts';

export const ARGOCD_NAMESPACE = 'argocd';
export const IMAGE = { repository: 'registry.example.com/acme/web', tag: '1' };

/** What deliveries do in the cluster. */
export type DeliveryClient = Pick<KubernetesClient, 'get' | 'listPages' | 'create' | 'patchJson' | 'delete'>;

/** Environments of one installation in the test cluster, with the workload chart from a repository. */
export interface DeliveryStage {
  readonly installation: string;
  /** One more environment. */
  environment(name: string): StagedEnvironment;
  /** One more environment, with its namespace. */
  deployable(name: string): Promise<StagedEnvironment>;
  /** Takes away what is left of all of them. */
  dispose(): Promise<void>;
}

export interface StagedEnvironment {
  readonly id: string;
  /** Of the Application and the namespace. */
  readonly name: string;
  readonly ref: { readonly name: string; readonly namespace: string };
  wanted(values?: JsonObject, more?: Partial<ApplicationInput>): NewObject<Application>;
  find(): Promise<Application | null>;
  untilHealthy(): Promise<Application>;
  untilGone(): Promise<void>;
}

/** @param namespace of the Applications */
export async function createDeliveryStage(
  client: KubernetesClient,
  chartRepository: string,
  namespace = ARGOCD_NAMESPACE,
): Promise<DeliveryStage> {
  const template = await readTemplate();
  const installation = `test-${randomBytes(4).toString('hex')}`;
  const environments: StagedEnvironment[] = [];
  const stage: DeliveryStage = {
    installation,
    environment(label) {
      const key = { id: `env_${randomBytes(6).toString('hex')}`, name: label };
      const environment = stagedEnvironment(client, template, { installation, key }, chartRepository, namespace);
      environments.push(environment);
      return environment;
    },
    async deployable(label) {
      const environment = stage.environment(label);
      const { name } = environment;
      await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      return environment;
    },
    async dispose() {
      for (const environment of environments) {
        const left = await environment.find();
        if (left !== null) {
          const { ref } = environment;
          if (namespace !== ARGOCD_NAMESPACE && left.metadata.finalizers !== undefined)
            await client.patchJson(applications, ref, [{ op: 'remove', path: '/metadata/finalizers' }]);
          await orAbsent(client.delete(applications, ref, { uid: left.metadata.uid }));
        }
        const { name } = environment;
        const own = await orAbsent(client.get(namespaces, { name }));
        if (own !== null) await client.delete(namespaces, { name }, { uid: own.metadata.uid });
      }
    },
  };
  return stage;
}

function stagedEnvironment(
  client: KubernetesClient,
  template: ApplicationTemplate,
  owner: Owner,
  repository: string,
  namespace: string,
): StagedEnvironment {
  const { key } = owner;
  const name = kubernetesName(key.name, key.id);
  const ref = { name, namespace };
  const find = (): Promise<Application | null> => orAbsent(client.get(applications, ref));
  return {
    id: key.id,
    name,
    ref,
    wanted: (values = {}, more = {}) =>
      template.render({
        owner,
        name,
        argocdNamespace: namespace,
        project: 'default',
        destinationServer: 'https://kubernetes.default.svc',
        chart: { repository, path: 'charts/workload', revision: 'main' },
        values: { image: IMAGE, ...values },
        revision: 1,
        commit: 'a'.repeat(40),
        expiresAt: '2030-01-01T00:00:00.000Z',
        asleep: false,
        healthPath: null,
        service: { name, port: 80 },
        image: null,
        isOwnChart: false,
        ...more,
      }),
    find,
    untilHealthy: () =>
      until(async () => {
        const found = await find();
        return found?.status?.sync?.status === 'Synced' && found.status.health?.status === 'Healthy' && found;
      }, `${name} to be Synced and Healthy`),
    untilGone: async () => {
      await until(async () => (await find()) === null, `${name} to be gone`);
    },
  };
}

async function readTemplate(): Promise<ApplicationTemplate> {
  const text = await readFile(repositoryFile('templates/application.yaml.j2'), 'utf8');
  return createApplicationTemplate('application.yaml.j2', text);
}
