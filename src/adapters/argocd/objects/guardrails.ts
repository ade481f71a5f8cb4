import type { LimitRange, Namespace, NetworkPolicy, NewObject, ResourceQuota } from '../kubernetes/objects.ts';
import { environmentLabels, PREPARED_ANNOTATION, REPOSITORY_LABEL, type Owner } from './ownership.ts';

/** What an environment may take of the cluster, in Kubernetes' words. */
export interface GuardrailSettings {
  /** Hard limits of the whole environment. */
  readonly quota: Readonly<Record<string, string>>;
  /** What a container that asks for nothing is given, and the most that one may have. */
  readonly container: {
    readonly requests: Readonly<Record<string, string>>;
    readonly limits: Readonly<Record<string, string>>;
    readonly max: Readonly<Record<string, string>>;
  };
  /** The namespace that the gateway's pods are in. */
  readonly gatewayNamespace: string;
}

export const DEFAULT_QUOTA: GuardrailSettings['quota'] = {
  pods: '20',
  'requests.cpu': '4',
  'requests.memory': '8Gi',
  'limits.cpu': '8',
  'limits.memory': '16Gi',
  services: '10',
  'services.loadbalancers': '0',
  'services.nodeports': '0',
  'count/jobs.batch': '20',
};

export const DEFAULT_CONTAINER: GuardrailSettings['container'] = {
  requests: { cpu: '100m', memory: '128Mi' },
  limits: { cpu: '500m', memory: '512Mi' },
  max: { cpu: '4', memory: '8Gi' },
};

/** All guardrails have this name, and none of an environment's own objects may. */
export const GUARDRAIL_NAME = 'blueberry';

/**
 * The namespace of an environment: Blueberry's, whatever is deployed into it. Pod Security is enforced by its labels. It
 * says whose environment it is for, so that the project of that repository is known also where there is no Application.
 */
export function buildNamespace(name: string, owner: Owner, repositoryId: string): NewObject<Namespace> {
  const profile = 'restricted';
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: {
        ...environmentLabels(owner),
        [REPOSITORY_LABEL]: repositoryId,
        'pod-security.kubernetes.io/enforce': profile,
        'pod-security.kubernetes.io/audit': profile,
        'pod-security.kubernetes.io/warn': profile,
      },
      annotations: { [PREPARED_ANNOTATION]: '' },
    },
  };
}

export function buildResourceQuota(
  namespace: string,
  owner: Owner,
  { quota }: GuardrailSettings,
): NewObject<ResourceQuota> {
  return {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: GUARDRAIL_NAME, namespace, labels: environmentLabels(owner) },
    spec: { hard: quota },
  };
}

export function buildLimitRange(
  namespace: string,
  owner: Owner,
  { container }: GuardrailSettings,
): NewObject<LimitRange> {
  return {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: GUARDRAIL_NAME, namespace, labels: environmentLabels(owner) },
    spec: {
      limits: [
        { type: 'Container', defaultRequest: container.requests, default: container.limits, max: container.max },
      ],
    },
  };
}

/** Addresses that are nobody's business: the cluster's own networks, the metadata server, and other private ones. */
const PRIVATE_IPV4 = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '198.18.0.0/15',
];
const PRIVATE_IPV6 = ['::1/128', 'fc00::/7', 'fe80::/10'];

/**
 * Denies everything but what a workload needs: traffic within the environment, requests from the gateway, names, and the
 * internet without private addresses.
 */
export function buildNetworkPolicy(
  namespace: string,
  owner: Owner,
  { gatewayNamespace }: GuardrailSettings,
): NewObject<NetworkPolicy> {
  const everyPodHere = { podSelector: {} };
  const namespaceNamed = (name: string): Readonly<Record<string, string>> => ({ 'kubernetes.io/metadata.name': name });
  const dns = [
    { protocol: 'UDP', port: 53 },
    { protocol: 'TCP', port: 53 },
  ] as const;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: GUARDRAIL_NAME, namespace, labels: environmentLabels(owner) },
    spec: {
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [everyPodHere, { namespaceSelector: { matchLabels: namespaceNamed(gatewayNamespace) } }] }],
      egress: [
        { to: [everyPodHere] },
        { to: [{ namespaceSelector: { matchLabels: namespaceNamed('kube-system') } }], ports: dns },
        {
          to: [
            { ipBlock: { cidr: '0.0.0.0/0', except: PRIVATE_IPV4 } },
            { ipBlock: { cidr: '::/0', except: PRIVATE_IPV6 } },
          ],
        },
      ],
    },
  };
}
