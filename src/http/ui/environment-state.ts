import type { Environment, Phase } from '../../core/environment.ts';
import type { TabIcon } from './components/layout.tsx';

/** What people are shown: the status word, with sleeping told apart from serving. */
export type EnvironmentState = Phase | 'asleep';

export function stateOf({ spec, status }: Environment): EnvironmentState {
  return status.phase === 'ready' && spec.asleep ? 'asleep' : status.phase;
}

/** Whether it can still be changed. */
export function isLiving({ metadata, status }: Environment): boolean {
  return metadata.deletionTimestamp === null && status.archivedAt === null;
}

const TAB_ICON_OF: Record<EnvironmentState, TabIcon> = {
  ready: 'ready',
  asleep: 'asleep',
  pending: 'pending',
  failed: 'failed',
  deleting: 'ended',
  terminated: 'ended',
};

export function tabIconOf(environment: Environment): TabIcon {
  return TAB_ICON_OF[stateOf(environment)];
}
