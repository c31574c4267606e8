// The entry of every page: little, for it comes to a phone that waits for its first words.
import '../styles/reporter.scss';
import { doors } from './doors';
import { fold } from './fold';
import { forgetAll } from './forget-all';
import { homeCountry } from './home-country';
import { leaveQuickly } from './leave-quickly';
import { mount } from './mount';

mount({
  'leave-quickly': leaveQuickly,
  doors,
  fold,
  forget: forgetAll,
  'home-country': homeCountry,
});
