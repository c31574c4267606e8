// The box of the case on this page, opened where the code was typed in this tab.
import { type BoxContents, openBox } from '../../case-code/sealed-box';
import { fromHex } from '../../hexadecimal';
import { boxKey } from '../page-memory';

/** The key of this tab, or null where the code was not typed here or the browser can't open. */
export function keyOfThisTab(): Uint8Array<ArrayBuffer> | null {
  const key = boxKey.get();
  return key && typeof crypto.subtle === 'object' ? fromHex(key) : null;
}

/** What is in `data-sealed` of the element; null without the key, or with that of another case. */
export async function boxOnPage(root: HTMLElement): Promise<BoxContents | null> {
  const key = keyOfThisTab();
  if (!key) return null;
  try {
    return await openBox(root.dataset.sealed ?? '', key);
  } catch {
    return null;
  }
}
