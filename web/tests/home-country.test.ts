// @vitest-environment happy-dom
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { countryOfZone } from '../src/reporter/country-of-zone';
import { homeCountry } from '../src/reporter/home-country';

const PAGE = `
  <div data-helplines="call"><a href="tel:08001111">Call</a></div>
  <aside data-helplines="card" data-country="GB" data-zones="Europe/London Europe/Belfast"
    data-parts="/cy/helplines/xx/parts">
    <details></details><p data-helplines-elsewhere hidden></p>
  </aside>`;
const PARTS = `
  <div data-helplines="call"><a href="tel:147">Call</a></div>
  <aside data-helplines="card" data-country="AT"><details></details></aside>`;

const requested: string[] = [];
let status = 200;

class Answering {
  status = status;
  responseXML: Document | null = null;
  onload = () => {};
  onerror = () => {};
  open(_method: string, address: string) {
    requested.push(address);
  }
  send() {
    this.responseXML = new DOMParser().parseFromString(PARTS, 'text/html');
    queueMicrotask(() => this.onload());
  }
}

function mountIn(zone: string | undefined): HTMLElement {
  vi.spyOn(Intl, 'DateTimeFormat').mockReturnValue({
    resolvedOptions: () => ({ timeZone: zone }),
  } as unknown as Intl.DateTimeFormat);
  document.body.innerHTML = PAGE;
  const card = document.querySelector<HTMLElement>('[data-helplines=card]') as HTMLElement;
  homeCountry(card);
  return card;
}

const numbers = () =>
  [...document.querySelectorAll('[data-helplines=call] a')].map((link) =>
    link.getAttribute('href'),
  );

beforeEach(() => {
  requested.length = 0;
  status = 200;
  vi.restoreAllMocks();
  vi.stubGlobal('XMLHttpRequest', Answering);
  vi.stubGlobal('reportError', vi.fn());
});

describe('helplines of the country whose clocks the browser has', () => {
  test.each([
    ['Asia/Calcutta', 'IN'],
    ['Europe/Kiev', 'UA'],
    ['Europe/London', 'GB'],
    ['Etc/UTC', undefined],
    ['toString', undefined],
  ])('%s is a zone of %s', (zone, country) => {
    expect(countryOfZone(zone)).toBe(country);
  });

  test('are there already at home, and nothing is requested', async () => {
    mountIn('Europe/Belfast');
    await new Promise((later) => setTimeout(later, 20));
    expect(requested).toEqual([]);
    expect(numbers()).toEqual(['tel:08001111']);
  });

  test('take the place of the others, in the language of the page', async () => {
    mountIn('Europe/Vienna');
    await vi.waitFor(() => expect(numbers()).toEqual(['tel:147']));
    expect(requested).toEqual(['/cy/helplines/at/parts']);
    expect(document.querySelector('[data-helplines=card]')?.getAttribute('data-country')).toBe(
      'AT',
    );
  });

  test.each([undefined, 'Etc/Unknown'])(
    'of an unknown zone (%s): the world is offered',
    async (zone) => {
      const card = mountIn(zone);
      const elsewhere = card.querySelector('[data-helplines-elsewhere]');
      await vi.waitFor(() => expect(elsewhere?.hasAttribute('hidden')).toBe(false));
      expect(requested).toEqual([]);
    },
  );

  test('stay the operator’s when the others do not come', async () => {
    status = 503;
    mountIn('Europe/Vienna');
    await vi.waitFor(() => expect(reportError).toHaveBeenCalled());
    expect(numbers()).toEqual(['tel:08001111']);
  });

  test('are exchanged where the focus is only after it has left, and not when the window was left', async () => {
    mountIn('Europe/Vienna');
    const link = document.querySelector<HTMLElement>('[data-helplines=call] a');
    link?.focus();
    await vi.waitFor(() => expect(document.querySelector('[data-country=AT]')).not.toBeNull());
    expect(numbers()).toEqual(['tel:08001111']);
    const windowFocus = vi.spyOn(document, 'hasFocus').mockReturnValue(false);
    link?.dispatchEvent(new FocusEvent('focusout', { bubbles: true }));
    expect(numbers()).toEqual(['tel:08001111']);
    windowFocus.mockReturnValue(true);
    link?.blur();
    await vi.waitFor(() => expect(numbers()).toEqual(['tel:147']));
  });
});
