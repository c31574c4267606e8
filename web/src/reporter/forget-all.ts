// Forgets what this tab remembers. Every page brings it, as every page has the way out.

/** Forget everything now; see page-memory.ts for what there is. */
export function forgetAll(): void {
  try {
    sessionStorage.clear();
  } catch {
    // A browser may refuse storage altogether: nothing was stored then.
  }
}
