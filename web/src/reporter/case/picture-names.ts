// Puts the pictures' own names in place of "Picture 1" when the code was typed in this tab.
import { forgetPicked, shownCode } from '../page-memory';
import { boxOnPage } from './opened-box';

/** Mount around `[data-picture-name]`, which hold ids; `data-sealed` is what the case keeps. */
export async function pictureNames(root: HTMLElement): Promise<void> {
  // Who looks at the case has what was picked in it, and has kept the code.
  forgetPicked();
  shownCode.forget();
  const box = await boxOnPage(root);
  if (!box) return; // the numbers stay
  for (const place of root.querySelectorAll<HTMLElement>('[data-picture-name]')) {
    const name = box[place.dataset.pictureName ?? '']?.name;
    if (!name) continue;
    const own = document.createElement('bdi'); // a name may run the other way
    own.textContent = name;
    place.replaceChildren(own);
  }
}
