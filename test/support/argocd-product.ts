import { layArgocdGround, type ArgocdGround, type ArgocdGroundOptions } from './argocd-ground.ts';
import { startProduct, type Product } from './product.ts';

/** Blueberry as a process of its own, with its environments in a test cluster. */
export interface ArgocdProduct extends Pick<ArgocdGround, 'installation' | 'env' | 'leftovers'> {
  readonly product: Product;
  /** Ends it, and removes what is left. */
  dispose(): Promise<void>;
}

export interface ArgocdProductOptions extends ArgocdGroundOptions {
  readonly env?: Readonly<Record<string, string>>;
}

export async function startArgocdProduct({ env: more = {}, ...options }: ArgocdProductOptions): Promise<ArgocdProduct> {
  const ground = await layArgocdGround(options);
  const env = { ...ground.env, ...more };
  const product = await startProduct({ env });
  return {
    product,
    env,
    installation: ground.installation,
    leftovers: () => ground.leftovers(),
    async dispose() {
      await product.dispose();
      await ground.dispose();
    },
  };
}
