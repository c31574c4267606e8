// On the timeline: puts the pictures' own names in place of "Picture 1" when the code was typed here.
import { fromHex } from '../case-code/keys';
import { openNames } from '../case-code/sealed-names';
import { namesKey } from './page-memory';

/** Mount on the timeline; `data-sealed` is what the case keeps. */
export function pictureNamesOnTimeline(root: HTMLElement): void {
  const key = namesKey.get();
  const sealed = root.dataset.sealed;
  if (!key || !sealed || typeof crypto.subtle !== 'object') return;
  openNames(sealed, fromHex(key)).then(
    (names) => {
      for (const place of root.querySelectorAll<HTMLElement>('[data-picture-name]')) {
        const name = names[place.dataset.pictureName ?? ''];
        if (!name) continue;
        const own = document.createElement('bdi'); // a name may run the other way
        own.textContent = name;
        place.replaceChildren(own);
      }
    },
    () => undefined, // another case's key: the numbers stay
  );
}
