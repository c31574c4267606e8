// Appeals: the reference comes in the fragment of the link, which is sent to no server and logged nowhere.

/** Mount on the field of the reference: it takes the one of the link, unless it holds one already. */
export function appealReference(field: HTMLElement): void {
  if (!(field instanceof HTMLInputElement)) throw new TypeError('The module sits on the field.');
  const reference = new URLSearchParams(location.hash.slice(1)).get('reference') ?? '';
  if (reference === '' || field.value !== '') return;
  field.value = reference.slice(0, field.maxLength);
  // The same page in another language is another address.
  for (const link of document.querySelectorAll<HTMLAnchorElement>('a[rel="alternate"]')) {
    link.hash = location.hash;
  }
}
