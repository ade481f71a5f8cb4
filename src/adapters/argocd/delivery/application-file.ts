import { parse, stringify } from 'yaml';
import { shortSha } from '../../../core/branch.ts';
import type { Application } from '../kubernetes/argocd-objects.ts';
import type { NewObject } from '../kubernetes/objects.ts';
import {
  ASLEEP_ANNOTATION,
  COMMIT_ANNOTATION,
  ID_LABEL,
  INSTALLATION_LABEL,
  NAME_LABEL,
  REVISION_ANNOTATION,
  type Owner,
} from '../objects/ownership.ts';

/** Equal Applications have equal texts, and each reader of YAML, also one of version 1.1, reads the same from it. */
export function applicationFile(application: NewObject<Application>): string {
  const text = stringify(application, {
    version: '1.1',
    sortMapEntries: true,
    lineWidth: 0,
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
    aliasDuplicateObjects: false,
  });
  // Readers of version 1.1 take some of these for the end of a line, and refuse the others.
  return text.replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Whose environment a file of the GitOps repository is of; null where it does not say so. */
export function ownerOfFile(text: string): Owner | null {
  const installation = metadataOf(text, 'labels', INSTALLATION_LABEL);
  const id = metadataOf(text, 'labels', ID_LABEL);
  const name = metadataOf(text, 'labels', NAME_LABEL);
  return installation === null || id === null || name === null ? null : { installation, key: { id, name } };
}

/** Says in a few words what a new text of a file is for. */
export function messageFor({ metadata }: NewObject<Application>, before: string | undefined): string {
  const wanted = (name: string): string => metadata.annotations?.[name] ?? '';
  const isAs = (name: string): boolean =>
    before !== undefined && metadataOf(before, 'annotations', name) === wanted(name);
  const environment = `env ${metadata.labels?.[NAME_LABEL] ?? metadata.name}`;
  if (!isAs(COMMIT_ANNOTATION)) return `${environment}: deploy ${shortSha(wanted(COMMIT_ANNOTATION))}`;
  if (!isAs(ASLEEP_ANNOTATION)) return `${environment}: ${wanted(ASLEEP_ANNOTATION) === 'true' ? 'sleep' : 'wake'}`;
  if (!isAs(REVISION_ANNOTATION)) return `${environment}: redeploy ${shortSha(wanted(COMMIT_ANNOTATION))}`;
  return `${environment}: update`;
}

/** A label or an annotation; null where there is none, or no YAML. */
function metadataOf(text: string, kind: 'labels' | 'annotations', name: string): string | null {
  // Reading all of the YAML takes a millisecond, and there may be thousands of files.
  const [, metadata = ''] = OWN_METADATA.exec(text) ?? [];
  const line = metadata.split('\n').find((candidate) => candidate.startsWith(`    ${name}: "`));
  const [, own] = /: "([^"\\]*)"$/.exec(line ?? '') ?? [];
  if (own !== undefined) return own;
  try {
    const parsed = parse(text) as Partial<Application> | null;
    const values: unknown = parsed?.metadata?.[kind];
    const value = typeof values === 'object' && values !== null ? (values as Record<string, unknown>)[name] : undefined;
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}

/** The lines below `metadata` in what `applicationFile` writes. */
const OWN_METADATA = /^apiVersion: "argoproj\.io\/v1alpha1"\nkind: "Application"\nmetadata:\n((?: .*\n)*)/;
