// A menu that unfolds closes again on Escape, and when something else is pressed.

/** Mount on `<details data-module="fold">`. */
export function fold(menu: HTMLElement): void {
  if (!(menu instanceof HTMLDetailsElement)) return;
  document.addEventListener('click', (event) => {
    if (event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !menu.open) return;
    menu.open = false;
    menu.querySelector('summary')?.focus();
  });
}
