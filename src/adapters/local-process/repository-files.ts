import { readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { isMissing } from './state-files.ts';

/** Null where there is no such file. */
export async function readTextFile(path: string): Promise<string | null> {
  return (await isFile(path)) ? readFile(path, 'utf8') : null;
}

export async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (isMissing(error) || code === 'ELOOP' || code === 'EACCES') return false;
    throw error;
  }
}

/** Where a component is, both as real paths. */
export interface ComponentFolder {
  readonly folder: string;
  /** The whole commit, which the folder is in. */
  readonly checkout: string;
}

/** The first of the folders that has an index.html, absolute; null when none has. Links out of the checkout don't count. */
export async function folderWithIndex(
  { folder, checkout }: ComponentFolder,
  names: readonly string[],
): Promise<string | null> {
  for (const name of names) {
    const path = join(folder, name);
    if ((await isFile(join(path, 'index.html'))) && isWithin(checkout, await realpath(path))) return path;
  }
  return null;
}

/** The folder that `path` names within a checkout, or what is wrong with it. Links that lead outside are not followed. */
export async function componentFolder(
  checkout: string,
  path: string,
): Promise<
  { readonly component: ComponentFolder; readonly fault: null } | { readonly component: null; readonly fault: string }
> {
  const wrong = (fault: string) => ({ component: null, fault: `The path ${JSON.stringify(path)} ${fault}` });
  if (path.split('/').includes('..')) return wrong('leads out of the repository');
  const root = await realpath(checkout);
  try {
    const folder = await realpath(join(root, path));
    if (!isWithin(root, folder)) return wrong('leads out of the repository');
    if (!(await stat(folder)).isDirectory()) return wrong('is not a folder in this commit');
    return { component: { folder, checkout: root }, fault: null };
  } catch (error) {
    if (isMissing(error)) return wrong('does not exist in this commit');
    throw error;
  }
}

function isWithin(root: string, path: string): boolean {
  return path === root || path.startsWith(root + sep);
}
