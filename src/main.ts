import { enableCompileCache } from 'node:module';

// Compiling all modules anew would be a third of the time to start.
enableCompileCache();
const { runProduct } = await import('./composition/run-product.ts');

await runProduct(process.env);
