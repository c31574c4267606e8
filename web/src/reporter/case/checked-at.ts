// "Checked just now" gets the time at which the page was loaded, by this device's own clock.
import { pageLocale } from '../page-language';

/** Mount on the sentence; `data-text` has a place for `{time}`. */
export function checkedAt(place: HTMLElement): void {
  const text = place.dataset.text;
  if (!text) return;
  const clock = new Intl.DateTimeFormat(pageLocale(), { hour: '2-digit', minute: '2-digit' });
  place.textContent = text.replace('{time}', clock.format(new Date()));
}
