// Tells the server that the code can be made in the browser.
import { worksInTheBrowser } from './abilities';

/** Mount on `<input type="hidden" name="js" data-module="js-flag">`. */
export function jsFlag(input: HTMLElement): void {
  if (input instanceof HTMLInputElement && worksInTheBrowser()) input.value = '1';
}
