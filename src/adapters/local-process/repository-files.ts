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

/** The first of the folders that has an index.html, absolute; null when none has. */
export async function folderWithIndex(root: string, folders: readonly string[]): Promise<string | null> {
  for (const folder of folders) {
    const path = join(root, folder);
    if (await isFile(join(path, 'index.html'))) return path;
  }
  return null;
}

/** The folder that `path` names within a checkout, or what is wrong with it. Links that lead outside are not followed. */
export async function componentFolder(
  checkout: string,
  path: string,
): Promise<{ readonly folder: string; readonly fault: null } | { readonly folder: null; readonly fault: string }> {
  const wrong = (fault: string) => ({ folder: null, fault: `The path ${JSON.stringify(path)} ${fault}` });
  if (path.split('/').includes('..')) return wrong('leads out of the repository');
  const root = await realpath(checkout);
  try {
    const folder = await realpath(join(root, path));
    if (folder !== root && !folder.startsWith(root + sep)) return wrong('leads out of the repository');
    if (!(await stat(folder)).isDirectory()) return wrong('is not a folder in this commit');
    return { folder, fault: null };
  } catch (error) {
    if (isMissing(error)) return wrong('does not exist in this commit');
    throw error;
  }
}
