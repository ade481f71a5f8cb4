import { canonicalJson, isJsonObject, type JsonValue } from '../../../core/json.ts';
import type { Application } from '../kubernetes/argocd-objects.ts';
import type { JsonPatch } from '../kubernetes/kubernetes-client.ts';
import type { NewObject } from '../kubernetes/objects.ts';
import {
  COMMIT_ANNOTATION,
  COMPARE_OPTIONS_ANNOTATION,
  HEALTH_PATH_ANNOTATION,
  IMAGE_ANNOTATION,
  REVISION_ANNOTATION,
} from '../objects/ownership.ts';
import { refreshAnnotations } from './refresh.ts';

type Texts = Readonly<Record<string, string>>;

/** What Blueberry says of some revisions and not of others: it goes where it is not wanted. */
const OPTIONAL_ANNOTATIONS = [HEALTH_PATH_ANNOTATION, IMAGE_ANNOTATION, COMPARE_OPTIONS_ANNOTATION];
/** Parts of a source that Argo CD itself drops where they are empty. */
const OPTIONAL_SOURCE_PARTS = ['helm', 'kustomize', 'directory'];

export interface ApplicationChanges {
  /** What differs, for people; empty where nothing does. */
  readonly fields: readonly ('spec' | 'labels' | 'annotations' | 'finalizers')[];
  /** Makes it be as wanted, if it is still the one that was looked at. */
  readonly patch: JsonPatch;
}

/**
 * What to change so that an Application is as wanted. The whole spec counts, and of the metadata what is wanted: labels,
 * annotations and finalizers of others stay.
 * @param storedAs text of the spec (`specText`) that the API server makes of the wanted one, where that is known
 */
export function changesTo(
  current: Application,
  wanted: NewObject<Application>,
  storedAs: string | null,
): ApplicationChanges {
  const { metadata } = current;
  const specIs = specText(current.spec);
  const isSpecWanted = specIs === specText(wanted.spec) || specIs === storedAs;
  const labels = merged(metadata.labels, wanted.metadata.labels);
  const annotations = merged(withoutUnwanted(metadata.annotations, wanted), wanted.metadata.annotations);
  const finalizers = [...new Set([...(metadata.finalizers ?? []), ...(wanted.metadata.finalizers ?? [])])];

  const fields: ApplicationChanges['fields'][number][] = [];
  if (!isSpecWanted) fields.push('spec');
  if (!isSame(labels, metadata.labels)) fields.push('labels');
  if (!isSame(annotations, metadata.annotations)) fields.push('annotations');
  if (finalizers.length !== (metadata.finalizers ?? []).length) fields.push('finalizers');
  if (fields.length === 0) return { fields, patch: [] };

  // A revision of the same branch or tag changes nothing that Argo CD would notice by itself.
  const isNewToArgo = !isSpecWanted || isNewRevision(metadata.annotations, wanted.metadata.annotations);
  const patch: JsonPatch[number][] = [
    { op: 'test', path: '/metadata/uid', value: metadata.uid },
    { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
  ];
  if (!isSpecWanted) patch.push({ op: 'replace', path: '/spec', value: wanted.spec });
  if (fields.includes('labels')) patch.push({ op: 'add', path: '/metadata/labels', value: labels });
  if (fields.includes('finalizers')) patch.push({ op: 'add', path: '/metadata/finalizers', value: finalizers });
  if (fields.includes('annotations') || isNewToArgo)
    patch.push({
      op: 'add',
      path: '/metadata/annotations',
      value: isNewToArgo ? { ...annotations, ...refreshAnnotations() } : annotations,
    });
  return { fields, patch };
}

/** Equal for specs that Argo CD and the API server take for the same. */
export function specText(spec: Application['spec']): string {
  const { syncPolicy, source, sources, ...others } = plain(spec) as Record<string, JsonValue>;
  return canonicalJson({
    ...others,
    syncPolicy: isEmptyObject(syncPolicy) ? undefined : syncPolicy,
    source: source === undefined ? undefined : withoutEmptyParts(source),
    sources: Array.isArray(sources) ? sources.map(withoutEmptyParts) : undefined,
  });
}

/** As it is sent and stored: fields that are null or undefined are not there. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_key, item: unknown) => (item === null ? undefined : item)));
}

function withoutEmptyParts(source: JsonValue): JsonValue {
  if (!isJsonObject(source)) return source;
  return Object.fromEntries(
    Object.entries(source).filter(([key, part]) => !OPTIONAL_SOURCE_PARTS.includes(key) || !isEmptyObject(part)),
  );
}

function isEmptyObject(value: JsonValue | undefined): boolean {
  return value !== undefined && isJsonObject(value) && Object.keys(value).length === 0;
}

function merged(current: Texts | undefined, wanted: Texts | undefined): Texts {
  return { ...current, ...wanted };
}

function withoutUnwanted(annotations: Texts | undefined, { metadata }: NewObject<Application>): Texts {
  return Object.fromEntries(
    Object.entries(annotations ?? {}).filter(
      ([name]) => !OPTIONAL_ANNOTATIONS.includes(name) || metadata.annotations?.[name] !== undefined,
    ),
  );
}

function isNewRevision(current: Texts | undefined, wanted: Texts | undefined): boolean {
  return [REVISION_ANNOTATION, COMMIT_ANNOTATION].some((name) => current?.[name] !== wanted?.[name]);
}

function isSame(one: Texts, other: Texts | undefined): boolean {
  return canonicalJson(one) === canonicalJson(other ?? {});
}
