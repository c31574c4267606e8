// Leaving quickly: blank at once, forget, and put a neutral site where this page was.
//
// `location.replace` to our own `/leave`, which clears the cookie, is what makes the Back button
// harmless; docs/browser.md says how that was found. Without this module the link does the same.
import { forgetAll } from './forget-all';

const PRESSES = 3;
const PRESS_AGAIN_WITHIN_MS = 5000;

/** Mount on `<a href="/leave" data-module="leave-quickly">`. */
export function leaveQuickly(link: HTMLElement): void {
  if (!(link instanceof HTMLAnchorElement)) throw new TypeError('The way out must be a link.');
  const leave = () => {
    cover(link.dataset.textLeaving ?? '');
    forgetAll();
    clearFields();
    location.replace(link.href);
  };
  link.addEventListener('click', (event) => {
    event.preventDefault();
    leave();
  });
  // It calls itself a button, and buttons answer to Space.
  link.addEventListener('keydown', (event) => {
    if (event.key !== ' ') return;
    event.preventDefault();
    leave();
  });
  leaveOnShift(link, leave);
  keepNothingForTheBackButton();
}

/** Shift alone, three times; Shift held for another key does not count. */
function leaveOnShift(link: HTMLAnchorElement, leave: () => void): void {
  const status = document.createElement('div');
  status.setAttribute('role', 'status');
  status.className = 'govuk-visually-hidden';
  link.after(status);
  let presses = 0;
  let alone = false;
  let timer: number | undefined;

  const show = (text: string) => {
    status.textContent = text;
    link.dataset.presses = String(presses);
  };
  const startOver = (text: string) => {
    window.clearTimeout(timer);
    presses = 0;
    show(text);
  };
  document.addEventListener('keydown', (event) => {
    alone = event.key === 'Shift' && (alone || !event.repeat);
    if (event.key !== 'Shift' && presses > 0) startOver('');
  });
  document.addEventListener('keyup', (event) => {
    if (event.key !== 'Shift' || !alone) return;
    alone = false;
    presses += 1;
    window.clearTimeout(timer);
    if (presses === PRESSES) {
      leave();
      return;
    }
    show((presses === 1 ? link.dataset.textTwoMore : link.dataset.textOneMore) ?? '');
    timer = window.setTimeout(
      () => startOver(link.dataset.textTimedOut ?? ''),
      PRESS_AGAIN_WITHIN_MS,
    );
  });
}

/** Make the page look like an empty tab, and say to a screen reader that it is leaving. */
function cover(text: string): void {
  document.title = '\u200b';
  const overlay = document.createElement('div');
  overlay.className = 'leave-overlay';
  overlay.setAttribute('role', 'alert');
  const words = document.createElement('span');
  words.className = 'govuk-visually-hidden';
  words.textContent = text;
  overlay.append(words);
  document.body.classList.add('is-leaving');
  document.body.append(overlay);
}

/** A page kept by the browser must come back empty, or not at all. */
function keepNothingForTheBackButton(): void {
  window.addEventListener('pagehide', clearFields);
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });
}

function clearFields(): void {
  for (const form of document.forms) form.reset();
}
