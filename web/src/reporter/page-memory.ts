// What this tab remembers while it is open. Nothing here outlives the tab or the leave button.
import { namesFrom, type PictureNames } from '../case-code/sealed-names';

const PICTURE_NAMES = 'picture-names';
const NAMES_KEY = 'names-key';
const UNSENT_CODE = 'unsent-code';
const TYPED_UNSENT = 'typed-unsent';

// A browser may refuse storage altogether; the page then works on, only with a shorter memory.
function read(key: string): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string | null): void {
  try {
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, value);
  } catch {
    // See above.
  }
}

/** The names of the pictures, by id: they go into the sealed box, never to the server. */
export const pictureNames = {
  all: (): PictureNames => {
    try {
      return namesFrom(JSON.parse(read(PICTURE_NAMES) ?? '{}'));
    } catch {
      return {};
    }
  },
  set: (names: PictureNames) => write(PICTURE_NAMES, JSON.stringify(names)),
};

/** The key that opens the names, in hexadecimal; there once the code was typed in this tab. */
export const namesKey = {
  get: () => read(NAMES_KEY),
  set: (hex: string) => write(NAMES_KEY, hex),
};

/**
 * The code that was shown but not sent. Phones drop pages of other tabs when memory is short, for
 * instance while somebody writes the code down elsewhere; the page must come back with the same
 * code. It opens nothing before it is sent, and is forgotten then.
 */
export const unsentCode = {
  get: () => read(UNSENT_CODE),
  set: (code: string | null) => write(UNSENT_CODE, code),
};

/** Whether the code typed last is the one of this tab that was never sent. */
export const typedUnsent = {
  get: () => read(TYPED_UNSENT) !== null,
  set: (is: boolean) => write(TYPED_UNSENT, is ? '1' : null),
};

/** Forget everything now. */
export function forgetAll(): void {
  try {
    sessionStorage.clear();
  } catch {
    // Nothing was stored then.
  }
}
