// The doors of the start page: a browser that keeps no cookie gets the page that needs none.

/** Mount on the form of the doors; `data-without-cookies` is where somebody threatened reads on. */
export function doors(form: HTMLElement): void {
  if (!(form instanceof HTMLFormElement) || navigator.cookieEnabled) return;
  form.addEventListener('submit', (event) => {
    const door = event.submitter;
    if (!(door instanceof HTMLButtonElement) || door.value !== 'threat') return;
    event.preventDefault();
    location.assign(form.dataset.withoutCookies ?? '');
  });
}
