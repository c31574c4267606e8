// How numbers, days and times are written: in the page's language, as the hotline writes them there.

/**
 * The page's language for `Intl`: `en` is British, a day has 24 hours, and digits are 0 to 9 in
 * every language. The browser's own language does not count, for half a page would be in it.
 */
export function pageLocale(): string {
  const language = document.documentElement.lang || 'en';
  return `${language === 'en' ? 'en-GB' : language}-u-hc-h23-nu-latn`;
}
