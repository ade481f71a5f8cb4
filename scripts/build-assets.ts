import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = join(root, 'src/http/ui');

/** Where the server looks for assets, whether it runs from src or from dist. */
export const assetFolder = join(root, 'dist/assets');

/** File name of an asset inside the asset folder by its logical name, such as `main.js` → `main-5C2ZK3QX.js`. */
export type AssetManifest = Record<string, string>;

/**
 * Builds what the browser gets, and writes `manifest.json` beside it.
 *
 * `browser/main.ts` and `styles/main.css` of `src/http/ui` are bundled with what they import and minified; the files of
 * `static` are taken as they are. Names carry a hash of the content, so files can be cached for ever. The manifest is
 * replaced last, and files that it no longer names are removed after that.
 */
export async function buildAssets({ outDir }: { outDir: string }): Promise<AssetManifest> {
  await mkdir(outDir, { recursive: true });
  const manifest: AssetManifest = {};

  const result = await build({
    entryPoints: [join(sources, 'browser/main.ts'), join(sources, 'styles/main.css')],
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

  for (const file of await readdir(join(sources, 'static'))) {
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

/** Takes the content hash out: `main-5C2ZK3QX.js` → `main.js`. */
function logicalName(file: string): string {
  return file.replace(/-[A-Z0-9]{8}(?=\.[a-z0-9]+$)/, '');
}

if (import.meta.main) {
  const manifest = await buildAssets({ outDir: assetFolder });
  console.log(`Built ${Object.keys(manifest).length} assets into ${assetFolder}`);
}
