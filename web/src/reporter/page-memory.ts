// What this tab remembers while it is open. Nothing here outlives the tab or the leave button.
import { type BoxContents, contentsFrom } from '../case-code/sealed-box';

const PICKED_PICTURES = 'picked-pictures';
const PICKED_RECORDS = 'picked-records';
const BOX_KEY = 'box-key';
const UNSENT_CODE = 'unsent-code';
const SENT_CODE = 'sent-code';
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

/** What was picked, by id: name and digest go into the sealed box, the name never to the server. */
export const pickedPictures = {
  all: (): BoxContents => {
    try {
      return contentsFrom(JSON.parse(read(PICKED_PICTURES) ?? '{}'));
    } catch {
      return {};
    }
  },
  set: (picked: BoxContents) => write(PICKED_PICTURES, JSON.stringify(picked)),
};

/**
 * The records of the pictures that were picked but not sent, as the form has them: a reload, another
 * language or a look at a helpline loses nothing.
 */
export const pickedRecords = {
  get: () => read(PICKED_RECORDS) ?? '',
  set: (records: string) => write(PICKED_RECORDS, records),
};

/** What was picked is sent: nothing of it stays here. */
export function forgetPicked(): void {
  write(PICKED_PICTURES, null);
  write(PICKED_RECORDS, null);
}

/** The key that opens the box, in hexadecimal; there once the code was typed in this tab. */
export const boxKey = {
  get: () => read(BOX_KEY),
  set: (hex: string) => write(BOX_KEY, hex),
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

/**
 * The code that was sent in this tab. A phone may drop the page while its code is written down
 * elsewhere; it must come back with the code.
 */
export const sentCode = {
  get: () => read(SENT_CODE),
  set: (code: string) => write(SENT_CODE, code),
};

/** Whether the code typed last is the one of this tab that was never sent. */
export const typedUnsent = {
  get: () => read(TYPED_UNSENT) !== null,
  set: (is: boolean) => write(TYPED_UNSENT, is ? '1' : null),
};
