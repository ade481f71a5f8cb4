import type { EnvironmentState } from '../environment-state.ts';
import type { Html } from './html.ts';
import { Icon } from './icon.tsx';

const WORDS: Record<EnvironmentState, string> = {
  ready: 'Ready',
  asleep: 'Asleep',
  pending: 'Pending',
  failed: 'Failed',
  deleting: 'Deleting',
  terminated: 'Terminated',
};

/** The status by icon, word and colour. */
export function StatusBadge({ state }: { readonly state: EnvironmentState }): Html {
  return (
    <span class={`badge badge-${state}`} data-state={state}>
      <Icon name={state} />
      {WORDS[state]}
    </span>
  );
}
