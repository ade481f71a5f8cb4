/** What must be on the machine before a tier of the tests can run. */
export type Requirement =
  'git' | 'chromium' | 'python3' | 'python3-venv' | 'openssl' | 'redis-server' | 'helm' | 'crane' | 'testbed';

export interface Tier {
  /** Name of the tier, of its folder `test/NAME` and of its Vitest project. */
  name: string;
  needs: readonly Requirement[];
  /** Longest time one test or hook may take, in milliseconds. */
  timeoutMs: number;
  /** Test files run at the same time; left out, Vitest decides by the number of cores. */
  maxWorkers?: number;
  /** Whether anything written to console.error or console.warn fails the test. */
  silentConsole: boolean;
  /** Whether the files for the browser are built before. */
  usesAssets: boolean;
  /** Whether a test cluster is started before, for all test files of the tier together. */
  usesCluster?: boolean;
}

/** Every tier, in the order in which they run: the cheapest first. */
export const tiers: readonly Tier[] = [
  { name: 'core', needs: [], timeoutMs: 10_000, silentConsole: true, usesAssets: false },
  { name: 'contract', needs: ['git'], timeoutMs: 30_000, silentConsole: true, usesAssets: false },
  { name: 'adapters', needs: ['git'], timeoutMs: 30_000, silentConsole: false, usesAssets: false },
  { name: 'charts', needs: ['helm'], timeoutMs: 60_000, silentConsole: true, usesAssets: false },
  { name: 'registry', needs: ['crane'], timeoutMs: 30_000, silentConsole: true, usesAssets: false },
  { name: 'services', needs: ['git'], timeoutMs: 20_000, silentConsole: true, usesAssets: false },
  { name: 'http', needs: ['git'], timeoutMs: 20_000, silentConsole: true, usesAssets: true },
  {
    name: 'e2e',
    needs: ['git', 'python3'],
    timeoutMs: 120_000,
    maxWorkers: 2,
    silentConsole: false,
    usesAssets: true,
  },
  {
    name: 'browser',
    needs: ['git', 'chromium'],
    timeoutMs: 120_000,
    maxWorkers: 2,
    silentConsole: false,
    usesAssets: true,
  },
  {
    name: 'cluster',
    needs: ['git', 'openssl', 'redis-server', 'testbed'],
    timeoutMs: 120_000,
    maxWorkers: 2,
    silentConsole: false,
    usesAssets: true,
    usesCluster: true,
  },
  { name: 'crash', needs: ['git'], timeoutMs: 120_000, maxWorkers: 2, silentConsole: false, usesAssets: true },
  {
    name: 'cluster-crash',
    needs: ['git', 'openssl', 'redis-server', 'testbed'],
    timeoutMs: 180_000,
    // Each file has a cluster of its own, as it takes parts of it away.
    maxWorkers: 1,
    silentConsole: false,
    usesAssets: true,
  },
];
