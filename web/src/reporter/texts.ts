// The words a module shows, as the template gives them: translated there, never written here.

/** Text by key. A key that the template left out reads as an empty text. */
export interface Texts {
  get(key: string, values?: Readonly<Record<string, string | number>>): string;
}

/** Read the JSON object of `data-texts`. */
export function textsOf(root: HTMLElement): Texts {
  const texts: unknown = JSON.parse(root.dataset.texts ?? '{}');
  const known = new Map<string, string>(
    Object.entries(typeof texts === 'object' && texts !== null ? texts : {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
  return {
    get: (key, values = {}) =>
      (known.get(key) ?? '').replace(/\{(\w+)\}/g, (whole, name: string) =>
        name in values ? String(values[name]) : whole,
      ),
  };
}

/** The element of `selector` inside `root`; throws when the template has none. */
export function required<E extends HTMLElement>(
  root: ParentNode,
  selector: string,
  type: { new (): E },
): E {
  const found = root.querySelector(selector);
  if (found instanceof type) return found;
  throw new Error(`The page has no ${selector}.`);
}
