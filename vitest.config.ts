import { defineConfig } from 'vitest/config';
import { tiers } from './scripts/tiers.ts';

export default defineConfig({
  test: {
    passWithNoTests: true,
    coverage: { provider: 'v8', include: ['src/**/*.{ts,tsx}'], exclude: ['src/http/ui/browser/**'] },
    projects: tiers.map((tier, index) => ({
      extends: true as const,
      test: {
        name: tier.name,
        include: [`test/${tier.name}/**/*.test.{ts,tsx}`],
        environment: 'node',
        pool: 'forks',
        testTimeout: tier.timeoutMs,
        hookTimeout: tier.timeoutMs,
        restoreMocks: true,
        unstubEnvs: true,
        unstubGlobals: true,
        sequence: { groupOrder: index },
        setupFiles: tier.silentConsole ? ['test/support/fail-on-console-output.ts'] : [],
        globalSetup: [
          ...(tier.usesAssets ? ['test/support/build-assets.ts'] : []),
          ...(tier.usesCluster === true ? ['test/support/shared-cluster.ts'] : []),
        ],
        ...(tier.maxWorkers === undefined ? {} : { maxWorkers: tier.maxWorkers }),
      },
    })),
  },
});
