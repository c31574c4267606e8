// Mounts the modules of a page on its elements. A page whose modules fail still works without them.

/** What is mounted on elements with `data-module`, by that name. */
type Modules = Readonly<Record<string, (root: HTMLElement) => void>>;

/** Mount each of `modules` wherever the page names it. */
export function mount(modules: Modules): void {
  for (const root of document.querySelectorAll<HTMLElement>('[data-module]')) {
    try {
      modules[root.dataset.module ?? '']?.(root);
    } catch (error) {
      // One broken module must not take the way out with it.
      reportError(error);
    }
  }
}
