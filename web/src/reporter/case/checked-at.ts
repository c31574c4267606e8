// "Checked just now" gets the time at which the page was loaded, by this device's own clock.

/** Mount on the sentence; `data-text` has a place for `{time}`. */
export function checkedAt(place: HTMLElement): void {
  const text = place.dataset.text;
  if (!text) return;
  // Digits as everywhere on these pages: 0 to 9.
  const clock = new Intl.DateTimeFormat(`${document.documentElement.lang || 'en'}-u-nu-latn`, {
    hour: 'numeric',
    minute: '2-digit',
  });
  place.textContent = text.replace('{time}', clock.format(new Date()));
}
