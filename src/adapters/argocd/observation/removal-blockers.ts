import type { Application } from '../kubernetes/argocd-objects.ts';
import type { Namespace } from '../kubernetes/objects.ts';
import { culprits } from './culprits.ts';

const MESSAGE_MAX_LENGTH = 400;
/** A namespace says these while it waits: what could not be looked at, what is left, and which finalizers hold it. */
const TELLING = [
  'NamespaceContentRemaining',
  'NamespaceFinalizersRemaining',
  'NamespaceDeletionContentFailure',
  'NamespaceDeletionDiscoveryFailure',
  'NamespaceDeletionGroupVersionParsingFailure',
];

/** What holds an Application that is being deleted, in one sentence. */
export function blockerOfApplication({ metadata, status }: Application): string {
  const { name, finalizers = [] } = metadata;
  const fault = status?.conditions?.find(({ type }) => type === 'DeletionError');
  if (fault) return sentence(`Argo CD can't delete what Application ${name} has deployed: ${fault.message}`);
  const left = culprits(status?.health?.message);
  if (left !== null) return `Waiting for ${left} to be deleted, which a finalizer may hold up.`;
  const held = finalizers.length > 0 ? ` Application ${name} is held by the finalizer ${finalizers.join(', ')}.` : '';
  return `Waiting for Argo CD to delete what it has deployed.${held}`;
}

/** What holds a namespace that is being deleted, in one sentence. */
export function blockerOfNamespace({ metadata, status }: Namespace): string {
  const told = TELLING.flatMap((type) =>
    (status?.conditions ?? []).filter((condition) => condition.type === type && condition.status === 'True'),
  );
  if (told.length === 0) return `Waiting for namespace ${metadata.name} to be deleted.`;
  const messages = told.map(({ message = '' }) => plainer(message.replace(/[.\s]+$/, '')));
  return sentence(`Namespace ${metadata.name} is not empty: ${messages.join('; ')}`);
}

/** `Some resources are remaining: configmaps. has 1 resource instances`, and the like. */
function plainer(message: string): string {
  const [, finalizers] = /^Some content in the namespace has finalizers remaining: (.+)$/.exec(message) ?? [];
  if (finalizers !== undefined)
    return `held by ${finalizers.replace(/(\S+) in \d+ resource instances/g, 'the finalizer $1')}`;
  const [, resources] = /^Some resources are remaining: (.+)$/.exec(message) ?? [];
  if (resources === undefined) return message;
  return `left are ${resources.replace(/([\w.-]+?)\.? has (\d+) resource instances/g, '$2 $1')}`;
}

function sentence(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const short = line.length > MESSAGE_MAX_LENGTH ? `${line.slice(0, MESSAGE_MAX_LENGTH - 1)}…` : line;
  return `${short.replace(/[.\s]+$/, '')}.`;
}
