// What this tab remembers, until it is closed or somebody leaves, of one visit or one case at a time.
import { type BoxContents, contentsFrom } from '../case-code/sealed-box';

const OWNER = 'owner';
const PICKED_PICTURES = 'picked-pictures';
const PICKED_RECORDS = 'picked-records';
const CODE = 'code';
const CODE_SENT = 'code-sent';
const TYPED_UNSENT = 'typed-unsent';
const BOX_KEY = 'box-key';

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
    sessionStorage.removeItem(key); // where there is no room, nothing is better than what was before
    if (value !== null) sessionStorage.setItem(key, value);
  } catch {
    // See above.
  }
}

/** Remember for this visit or case from now on: what another one left is forgotten. */
export function rememberFor(owner: string): void {
  if (read(OWNER) === owner) return;
  forgetPicked();
  shownCode.forget();
  write(OWNER, owner);
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

/**
 * The code that was shown. Phones drop pages of other tabs when memory is short, for instance while
 * somebody writes the code down elsewhere; the page must come back with the same code, before it is
 * sent and after. It is forgotten once the case is looked at.
 */
export const shownCode = {
  get: () => read(CODE),
  set: (code: string) => write(CODE, code),
  /** Whether the hotline has said that this code was taken. */
  isSent: () => read(CODE_SENT) !== null,
  markSent: () => write(CODE_SENT, '1'),
  forget: () => {
    write(CODE, null);
    write(CODE_SENT, null);
  },
};

/** Whether the code typed last is the one that was shown here and never sent. */
export const typedUnsent = {
  get: () => read(TYPED_UNSENT) !== null,
  set: (is: boolean) => write(TYPED_UNSENT, is ? '1' : null),
};

/** The key that opens the box, in hexadecimal; there once the code was typed or sent in this tab. */
export const boxKey = {
  get: () => read(BOX_KEY),
  set: (hex: string) => write(BOX_KEY, hex),
};
