// The entry: mounts each module of the page. A page whose modules fail still works without them.
import '../styles/reporter.scss';
import { appealReference } from './appeal-reference';
import { caseBox } from './case/case-box';
import { checkedAt } from './case/checked-at';
import { ownThumbnails } from './case/own-thumbnails';
import { pictureNames } from './case/picture-names';
import { caseCode } from './case-code';
import { doors } from './doors';
import { fold } from './fold';
import { homeCountry } from './home-country';
import { jsFlag } from './js-flag';
import { leaveQuickly } from './leave-quickly';
import { openCase } from './open-case';
import { picturePicker } from './picture-picker';

const MODULES: Readonly<Record<string, (root: HTMLElement) => void>> = {
  'appeal-reference': appealReference,
  'leave-quickly': leaveQuickly,
  doors,
  fold,
  'home-country': homeCountry,
  'js-flag': jsFlag,
  'picture-picker': picturePicker,
  'case-code': caseCode,
  'open-case': openCase,
  'picture-names': (root) => void pictureNames(root),
  'own-thumbnails': (root) => void ownThumbnails(root),
  'case-box': caseBox,
  'checked-at': checkedAt,
};

for (const root of document.querySelectorAll<HTMLElement>('[data-module]')) {
  const mount = MODULES[root.dataset.module ?? ''];
  try {
    mount?.(root);
  } catch (error) {
    // One broken module must not take the way out with it.
    reportError(error);
  }
}
