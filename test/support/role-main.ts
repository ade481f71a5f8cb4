// One role of several over the same data folder. The product itself refuses that of SQLite, for it can't know that all
// of them are on one machine; a test can.
import { runConfigured } from '../../src/composition/run-product.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { Config } from '../../src/config/config.ts';

const { ROLE_UNDER_TEST, ...variables } = process.env;
const config = loadConfig(variables, { cwd: process.cwd() });
await runConfigured({ ...config, role: ROLE_UNDER_TEST as Config['role'] }, variables);
