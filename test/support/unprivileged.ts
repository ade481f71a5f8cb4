/** Nobody's, on every usual system. */
const NOBODY = 65534;

/** Runs what modes of files are to count for: root may do anything to them. */
export async function asUnprivileged<T>(task: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return task();
  process.seteuid?.(NOBODY);
  try {
    return await task();
  } finally {
    process.seteuid?.(0);
  }
}
