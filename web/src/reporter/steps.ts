// The entry of pages where something is answered, picked, typed or looked up.
import '../styles/steps.scss';
import { appealReference } from './appeal-reference';
import { caseBox } from './case/case-box';
import { checkedAt } from './case/checked-at';
import { ownThumbnails } from './case/own-thumbnails';
import { pictureNames } from './case/picture-names';
import { caseCode, sentCodeAgain } from './case-code';
import { jsFlag } from './js-flag';
import { mount } from './mount';
import { openCase } from './open-case';
import { picturePicker } from './picture-picker';

mount({
  'appeal-reference': appealReference,
  'js-flag': jsFlag,
  'picture-picker': picturePicker,
  'case-code': caseCode,
  'sent-code': sentCodeAgain,
  'open-case': openCase,
  'picture-names': (root) => void pictureNames(root),
  'own-thumbnails': (root) => void ownThumbnails(root),
  'case-box': caseBox,
  'checked-at': checkedAt,
});
