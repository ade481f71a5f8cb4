import { describe, it } from 'vitest';
import { describeDeployments } from './environment-runtime.deployments.ts';
import { describeLifetime } from './environment-runtime.lifetime.ts';
import { describeLogs } from './environment-runtime.logs.ts';
import { createStage, type EnvironmentRuntimeHarness, type StageTest } from './environment-runtime.stage.ts';

/** What every EnvironmentRuntime keeps to, whatever the world is that it makes environments run in. */
export function describeEnvironmentRuntimeContract(
  name: string,
  makeHarness: () => Promise<EnvironmentRuntimeHarness>,
): void {
  const staged: StageTest = it.extend<{ stage: ReturnType<typeof createStage> }>({
    // eslint-disable-next-line no-empty-pattern -- a fixture names what it needs in a pattern, and needs nothing
    stage: async ({}, use) => {
      const harness = await makeHarness();
      try {
        await use(createStage(harness));
      } finally {
        await harness.dispose();
      }
    },
  });
  // Each test has a world of its own, and most of its time is waiting.
  describe.concurrent(`EnvironmentRuntime contract: ${name}`, () => {
    describeDeployments(staged);
    describeLifetime(staged);
    describeLogs(staged);
  });
}
