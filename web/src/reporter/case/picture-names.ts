// Puts the pictures' own names, "1. beach.jpg", in place of "Picture 1" when the code was typed in this tab.
import { forgetPicked, shownCode } from '../page-memory';
import { boxOnPage } from './opened-box';

/** Mount around `[data-picture-name]`, which hold ids and, in `data-number`, numbers; `data-sealed` is what the case keeps. */
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
    // Its number stays: what is said of "picture 5" must be found.
    place.replaceChildren(`${place.dataset.number ?? ''}. `, own);
  }
}
