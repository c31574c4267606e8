// The entry: mounts each module of the page. A page whose modules fail still works without them.
import '../styles/reporter.scss';
import { caseCode } from './case-code';
import { doors } from './doors';
import { fold } from './fold';
import { homeCountry } from './home-country';
import { jsFlag } from './js-flag';
import { leaveQuickly } from './leave-quickly';
import { openCase } from './open-case';
import { pictureNamesOnTimeline } from './picture-names';
import { picturePicker } from './picture-picker';

const MODULES: Readonly<Record<string, (root: HTMLElement) => void>> = {
  'leave-quickly': leaveQuickly,
  doors,
  fold,
  'home-country': homeCountry,
  'js-flag': jsFlag,
  'picture-picker': picturePicker,
  'case-code': caseCode,
  'open-case': openCase,
  'picture-names': pictureNamesOnTimeline,
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
