// @vitest-environment happy-dom
import { afterEach, describe, expect, test, vi } from 'vitest';
import { checkedAt } from '../src/reporter/case/checked-at';
import { percent } from '../src/reporter/file-details';

const EVENING = new Date(2026, 10, 30, 21, 5);

function checkedIn(language: string): string | null {
  vi.useFakeTimers({ now: EVENING });
  document.documentElement.lang = language;
  document.body.innerHTML = '<p data-text="Checked at {time}">Checked just now</p>';
  const place = document.querySelector('p') as HTMLElement;
  checkedAt(place);
  return place.textContent;
}

afterEach(() => {
  vi.useRealTimers();
});

describe('the language of the page', () => {
  test.each(['en', 'cy', 'de', 'es', 'fr', 'pl', 'ro', 'tr', 'uk', 'ur', 'ar', 'bn', 'pa', ''])(
    'gives a clock of 24 hours and digits from 0 to 9: "%s"',
    (language) => {
      expect(checkedIn(language)).toBe('Checked at 21:05');
    },
  );

  test('counts, and not that of the browser', () => {
    vi.stubGlobal('navigator', { language: 'en-US', languages: ['en-US', 'de-AT'] });
    document.documentElement.lang = 'de';
    expect(percent(0.42)).toBe('42\u00a0%');
    vi.unstubAllGlobals();
  });
});
