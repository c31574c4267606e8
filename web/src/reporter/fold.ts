// A menu that unfolds closes again on Escape, and when something else is pressed or has the focus.

/** Mount on `<details data-module="fold">`. */
export function fold(menu: HTMLElement): void {
  if (!(menu instanceof HTMLDetailsElement)) return;
  document.addEventListener('click', (event) => {
    if (event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
  });
  // Without a new target the focus has only left the window, or the menu itself was pressed between links.
  menu.addEventListener('focusout', ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !menu.contains(relatedTarget)) menu.open = false;
  });
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !menu.open) return;
    menu.open = false;
    menu.querySelector('summary')?.focus();
  });
}
