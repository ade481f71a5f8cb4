import type { FailureReason } from '../../../core/diagnosis.ts';
import type { Event } from '../kubernetes/objects.ts';
import type { Patience } from './patience.ts';

/** Why a pod does not run as it should. */
export interface PodTrouble {
  readonly reason: FailureReason;
  /** As a sentence without its full stop. The same for the same state, whenever and however often it is looked at. */
  readonly cause: string;
  /** Whether it has lasted so long that nothing but a change will mend it. */
  readonly isFinal: boolean;
  /** RFC 3339. */
  readonly since: string;
}

export interface Sight {
  readonly events: readonly Event[];
  /** By container: the last line that it printed before it ended badly. */
  readonly lastLines: ReadonlyMap<string, string>;
  readonly now: number;
  readonly patience: Patience;
}
