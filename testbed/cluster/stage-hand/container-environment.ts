import { KubernetesError, type KubernetesClient } from '../kubernetes-client.ts';
import type { Container, EnvironmentVariable, Pod } from './pod.ts';

/** What a container gets as its environment, or the reason why it can't be made, as a kubelet says it. */
export type Environment = { ok: true; variables: Record<string, string> } | { ok: false; error: string };

class Missing extends Error {}

export async function environmentOf(pod: Pod, container: Container, client: KubernetesClient): Promise<Environment> {
  const variables: Record<string, string> = {};
  try {
    for (const { prefix = '', secretRef, configMapRef } of container.envFrom ?? []) {
      const reference = secretRef ?? configMapRef;
      if (reference === undefined) continue;
      const data = await read(client, pod, secretRef === undefined ? 'ConfigMap' : 'Secret', reference);
      for (const [key, value] of Object.entries(data ?? {})) variables[`${prefix}${key}`] = value;
    }
    for (const { name, value, valueFrom } of container.env ?? []) {
      const found = valueFrom === undefined ? expand(value ?? '', variables) : await resolve(client, pod, valueFrom);
      if (found !== undefined) variables[name] = found;
    }
    return { ok: true, variables };
  } catch (error) {
    if (error instanceof Missing) return { ok: false, error: error.message };
    throw error;
  }
}

/** `$(NAME)` stands for a variable from further up, and for itself where there is none; `$$` for a dollar. */
function expand(value: string, variables: Readonly<Record<string, string>>): string {
  return value.replace(/\$\$|\$\(([^)]+)\)/g, (all, name?: string) =>
    name === undefined ? '$' : (variables[name] ?? all),
  );
}

async function resolve(
  client: KubernetesClient,
  pod: Pod,
  source: NonNullable<EnvironmentVariable['valueFrom']>,
): Promise<string | undefined> {
  if (source.fieldRef !== undefined) return fieldOf(pod, source.fieldRef.fieldPath);
  const kind = source.secretKeyRef === undefined ? 'ConfigMap' : 'Secret';
  const reference = source.secretKeyRef ?? source.configMapKeyRef;
  if (reference === undefined) return undefined;
  const data = await read(client, pod, kind, reference);
  const value = data?.[reference.key];
  if (value === undefined && reference.optional !== true) {
    const where = `${kind} ${pod.metadata.namespace}/${reference.name}`;
    throw new Missing(`couldn't find key ${reference.key} in ${where}`);
  }
  return value;
}

async function read(
  client: KubernetesClient,
  pod: Pod,
  kind: 'Secret' | 'ConfigMap',
  { name, optional }: { name: string; optional?: boolean },
): Promise<Record<string, string> | undefined> {
  const { namespace } = pod.metadata;
  try {
    const { data = {} } = await client.get<{ data?: Record<string, string> }>({
      apiVersion: 'v1',
      kind,
      metadata: { name, namespace },
    });
    if (kind === 'ConfigMap') return data;
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
    );
  } catch (error) {
    if (!(error instanceof KubernetesError) || error.status !== 404) throw error;
    if (optional === true) return undefined;
    throw new Missing(`${kind.toLowerCase()} "${name}" not found`);
  }
}

/** The fields that charts hand down; others are left out. */
function fieldOf(pod: Pod, path: string): string | undefined {
  if (path === 'metadata.name') return pod.metadata.name;
  if (path === 'metadata.namespace') return pod.metadata.namespace;
  if (path === 'metadata.uid') return pod.metadata.uid;
  if (path === 'spec.nodeName') return pod.spec.nodeName;
  return undefined;
}
