import { afterEach, beforeEach, describe } from 'vitest';
import type { EnvironmentStore } from '../../src/ports/environment-store.ts';
import { describeCommits } from './environment-store.commits.ts';
import { describeEnvironmentLists } from './environment-store.environment-lists.ts';
import { describeHousekeeping } from './environment-store.housekeeping.ts';
import { describeRecordLists } from './environment-store.record-lists.ts';
import { describeVisibility } from './environment-store.visibility.ts';

/** A store of its own for one test, empty at first. */
export interface EnvironmentStoreHarness {
  readonly store: EnvironmentStore;
  /** Another store over the same records, as another replica would open it. */
  openAnother(): Promise<EnvironmentStore>;
  /** Commits that are made at the same time in the tests of contention; 200 where this is left out. */
  readonly contenders?: number;
  /** Ends everything that was opened, and removes the records. */
  dispose(): Promise<void>;
}

/** The harness of the test that is running. */
export type CurrentHarness = () => EnvironmentStoreHarness;

/** What every EnvironmentStore keeps to, wherever it keeps the records. */
export function describeEnvironmentStoreContract(
  name: string,
  makeHarness: () => Promise<EnvironmentStoreHarness>,
): void {
  describe(`EnvironmentStore contract: ${name}`, () => {
    let harness: EnvironmentStoreHarness;
    beforeEach(async () => {
      harness = await makeHarness();
    });
    afterEach(async () => {
      await harness.dispose();
    });
    const current: CurrentHarness = () => harness;

    describeCommits(current);
    describeEnvironmentLists(current);
    describeRecordLists(current);
    describeVisibility(current);
    describeHousekeeping(current);
  });
}
