import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** What may be left out of a URL, in the order in which it is tried. */
const ENDINGS = ['', '.html', '/index.html', '.htm', '/index.htm'];

/**
 * The file of a site that the target of a request means, relative to the site; null where there is none for visitors.
 * Neither the URL nor a link in the site leads to a hidden file or out of it: what counts is where the file really is.
 * @param site a real path, as `realpath` gives it
 */
export function siteFile(site: string, target: string): string | null {
  const path = decoded(target.split(/[?#]/, 1)[0] ?? '');
  if (path === null || !path.startsWith('/') || isHidden(path)) return null;
  const plain = path.replace(/\/$/, '');
  for (const ending of ENDINGS) {
    const file = readableFile(join(site, plain + ending));
    if (file === null || !file.startsWith(site + sep)) continue;
    const found = relative(site, file);
    if (!isHidden(found)) return found;
  }
  return null;
}

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

/** `.well-known` is hidden from people, and made for visitors (RFC 8615). */
function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.') && part !== '.well-known');
}

/** Where the file really is; null for what is no file, or can't be read for whatever reason. */
function readableFile(path: string): string | null {
  try {
    const real = realpathSync(path);
    accessSync(real, constants.R_OK);
    return statSync(real).isFile() ? real : null;
  } catch {
    return null;
  }
}
