import { runProduct } from './composition/run-product.ts';

await runProduct(process.env);
