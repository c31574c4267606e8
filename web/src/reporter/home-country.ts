// Helplines of the country whose clocks the browser has. Decided here, asked of nobody, kept nowhere.
//
// The page comes with those of the operator's country. Only a browser in another time zone loads
// the table of zones, and then that country's parts; both come after the page is there.

const PART = '[data-helplines]';

/** Mount on the card: `data-country`, `data-zones` (its own, by spaces), `data-parts` with /xx/. */
export function homeCountry(card: HTMLElement): void {
  const zone = zoneOfBrowser();
  if (zone !== undefined && (card.dataset.zones ?? '').split(' ').includes(zone)) return;
  follow(card, zone).catch(reportError);
}

function zoneOfBrowser(): string | undefined {
  return Intl.DateTimeFormat().resolvedOptions().timeZone as string | undefined;
}

async function follow(card: HTMLElement, zone: string | undefined): Promise<void> {
  const { countryOfZone } = await import('./country-of-zone');
  const country = zone === undefined ? undefined : countryOfZone(zone);
  if (country === undefined) {
    for (const elsewhere of document.querySelectorAll('[data-helplines-elsewhere]'))
      elsewhere.removeAttribute('hidden');
    return;
  }
  const address = (card.dataset.parts ?? '').replace('/xx/', `/${country.toLowerCase()}/`);
  const parts = await fetchDocument(address);
  for (const part of document.querySelectorAll<HTMLElement>(PART)) {
    const other = parts.querySelector<HTMLElement>(`[data-helplines="${part.dataset.helplines}"]`);
    if (other !== null) exchangeWhenFree(part, document.adoptNode(other));
  }
}

/** An HTML page of ours as a document: no text becomes markup here, as Trusted Types ask. */
function fetchDocument(address: string): Promise<Document> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('GET', address);
    request.responseType = 'document';
    request.onload = () => {
      const page = request.status === 200 ? request.responseXML : null;
      if (page === null) reject(new Error('The helplines of this country did not come.'));
      else resolve(page);
    };
    request.onerror = () => reject(new Error('The helplines of this country did not come.'));
    request.send();
  });
}

/**
 * Exchange a part at once, or as soon as the focus has left it for another place on the page. While
 * the window itself is left, for a call or another tab, the focus waits where it was.
 */
function exchangeWhenFree(part: HTMLElement, other: HTMLElement): void {
  if (!part.contains(document.activeElement)) {
    exchange(part, other);
    return;
  }
  part.addEventListener('focusout', function leaving(event) {
    if (event.relatedTarget instanceof Node && part.contains(event.relatedTarget)) return;
    if (!document.hasFocus()) return;
    part.removeEventListener('focusout', leaving);
    exchange(part, other);
  });
}

/** What stands below moves up under nobody's thumb: a card's place stays at least as tall. */
function exchange(part: HTMLElement, other: HTMLElement): void {
  const more = other.querySelector('details');
  if (more !== null) more.open = part.querySelector('details')?.open ?? false;
  // A list of lines may be many times as long as another, and a gap would look like its end.
  if (part.dataset.helplines !== 'lines')
    other.style.minBlockSize = `${part.getBoundingClientRect().height}px`;
  part.replaceWith(other);
}
