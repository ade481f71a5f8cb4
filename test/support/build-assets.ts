import { assetFolder, buildAssets } from '../../scripts/build-assets.ts';

/** Vitest global setup of the tiers that serve pages: what they serve is built from the tree as it is. */
export async function setup(): Promise<void> {
  await buildAssets({ outDir: assetFolder });
}
