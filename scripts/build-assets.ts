import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL('..', import.meta.url));
const sources = join(root, 'src/http/ui');

/** Where the server looks for assets, whether it runs from src or from dist. */
export const assetFolder = join(root, 'dist/assets');

/** Logical name (without extension) and the file of an installed package that is bundled under it. */
const vendored: Record<string, string> = {
  htmx: require.resolve('htmx.org/dist/htmx.esm.js'),
  'htmx-sse': require.resolve('htmx.org/dist/ext/hx-sse.js'),
  alpine: require.resolve('@alpinejs/csp/dist/cdn.js'),
};

/** File name of an asset inside the asset folder by its logical name, such as `app.js` → `app-5C2ZK3QX.js`. */
export type AssetManifest = Record<string, string>;

/**
 * Builds what the browser gets, and writes `manifest.json` beside it.
 *
 * Entries are the files directly inside `src/http/ui/browser` (`*.ts`) and `src/http/ui/styles` (`*.css`), each bundled
 * and minified with what it imports from folders below; every file of `src/http/ui/static`, as it is; and the vendored
 * libraries. A folder that does not exist has no entries. Names carry a hash of the content, so files can be cached
 * for ever. The manifest is replaced last, and files that it no longer names are removed after that.
 */
export async function buildAssets({ outDir }: { outDir: string }): Promise<AssetManifest> {
  await mkdir(outDir, { recursive: true });
  const manifest: AssetManifest = {};

  const entryPoints = [
    ...Object.entries(vendored).map(([out, file]) => ({ in: file, out })),
    ...(await entriesOf('browser', '.ts')),
    ...(await entriesOf('styles', '.css')),
  ];
  const result = await build({
    entryPoints,
    outdir: outDir,
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    sourcemap: 'linked',
    loader: { '.svg': 'file', '.png': 'file', '.woff2': 'file' },
    logLevel: 'warning',
    metafile: true,
    absWorkingDir: root,
  });
  const written = new Set(Object.keys(result.metafile.outputs).map((path) => basename(path)));
  for (const [path, output] of Object.entries(result.metafile.outputs)) {
    if (output.entryPoint !== undefined) manifest[logicalName(basename(path))] = basename(path);
  }

  for (const file of await filesIn('static')) {
    const content = await readFile(join(sources, 'static', file));
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 8).toUpperCase();
    const name = `${basename(file, extname(file))}-${hash}${extname(file)}`;
    await writeFile(join(outDir, name), content);
    manifest[file] = name;
    written.add(name);
  }

  const draft = join(outDir, `manifest.${process.pid}.tmp`);
  await writeFile(draft, `${JSON.stringify(manifest, Object.keys(manifest).sort(), 2)}\n`);
  await rename(draft, join(outDir, 'manifest.json'));
  for (const file of await readdir(outDir)) {
    const stale = file !== 'manifest.json' && !file.endsWith('.tmp') && !written.has(file);
    if (stale) await rm(join(outDir, file), { force: true, recursive: true });
  }
  return manifest;
}

async function entriesOf(folder: string, extension: string): Promise<{ in: string; out: string }[]> {
  const files = await filesIn(folder);
  return files
    .filter((file) => file.endsWith(extension) && !file.endsWith('.d.ts'))
    .map((file) => ({ in: join(sources, folder, file), out: basename(file, extension) }));
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(join(sources, folder), { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Takes the content hash out: `app-5C2ZK3QX.js` → `app.js`. */
function logicalName(file: string): string {
  return file.replace(/-[A-Z0-9]{8}(?=\.[a-z0-9]+$)/, '');
}

if (import.meta.main) {
  const manifest = await buildAssets({ outDir: assetFolder });
  console.log(`Built ${Object.keys(manifest).length} assets into ${assetFolder}`);
}
