import type { Clock } from '../ports/clock.ts';
import { UNKNOWN_POSITION, type EventBus } from '../ports/event-bus.ts';

/** Longer than a bus takes that is well, and short enough to be waited for at every list while it is not. */
const PATIENCE_MS = 500;

/**
 * Where whoever reads something now has to follow the events from, so that nothing falls between. Never fails: what is
 * read comes from the store, and is shown also while the bus does not answer.
 */
export async function streamPosition({
  bus,
  clock,
}: {
  readonly bus: EventBus;
  readonly clock: Clock;
}): Promise<string> {
  let cancel = (): void => undefined;
  const tooLate = new Promise<string>((resolve) => {
    cancel = clock.schedule(PATIENCE_MS, () => {
      resolve(UNKNOWN_POSITION);
    });
  });
  try {
    return await Promise.race([bus.position(), tooLate]);
  } catch {
    return UNKNOWN_POSITION;
  } finally {
    cancel();
  }
}
