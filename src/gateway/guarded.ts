/**
 * A handler of events that can't throw. What is thrown into an emitter is caught by nobody, and ends the process: one
 * preview would take all others along.
 */
export function guarded<A extends unknown[]>(
  onError: (error: unknown) => void,
  handle: (...args: A) => void,
): (...args: A) => void {
  return (...args) => {
    try {
      handle(...args);
    } catch (error) {
      onError(error);
    }
  };
}
