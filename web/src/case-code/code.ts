// The case code: 20 digits, the last of them a check digit. The same rules as the hotline's.

/** How many digits a code has, the check digit included. */
export const CODE_DIGITS = 20;
const GROUP = 4;

// The quasigroup of order 10 of H. Michael Damm's thesis, "Total anti-symmetrische Quasigruppen"
// (Marburg, 2004): the check finds every wrong digit and every two neighbours swapped.
const DAMM = [
  [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
  [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
  [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
  [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
  [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
  [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
  [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
  [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
  [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
  [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
] as const;

/** Fills the array with random bytes; `crypto.getRandomValues` outside tests. */
type RandomBytes = (bytes: Uint8Array<ArrayBuffer>) => void;

/** Make a new code: 19 uniformly random digits and their check digit. */
export function newCode(
  randomBytes: RandomBytes = (bytes) => {
    crypto.getRandomValues(bytes);
  },
): string {
  let digits = '';
  const bytes = new Uint8Array(32);
  while (digits.length < CODE_DIGITS - 1) {
    randomBytes(bytes);
    for (const byte of bytes) {
      // 250 is the largest multiple of 10 in a byte: without the six above, no digit is likelier.
      if (byte < 250 && digits.length < CODE_DIGITS - 1) digits += byte % 10;
    }
  }
  return digits + checkDigit(digits);
}

/** Return the digit that makes `digits` (ASCII) a whole code. */
export function checkDigit(digits: string): number {
  let interim = 0;
  for (const digit of digits) interim = DAMM[interim]?.[Number(digit)] ?? 0;
  return interim;
}

/** What a person typed: a code, or what is wrong with it. */
type Typed =
  | { readonly code: string }
  | { readonly wrong: 'letters' | 'short' | 'long' | 'mistyped' };

/** Read a code in any grouping and in the digits of any script. */
export function readCode(typed: string): Typed {
  const digits = asciiDigits(typed);
  if (digits === null) return { wrong: 'letters' };
  if (digits.length < CODE_DIGITS) return { wrong: 'short' };
  if (digits.length > CODE_DIGITS) return { wrong: 'long' };
  return checkDigit(digits) === 0 ? { code: digits } : { wrong: 'mistyped' };
}

/** Write a code in groups of four with ordinary spaces between. */
export function grouped(code: string): string {
  return (code.match(new RegExp(`.{1,${GROUP}}`, 'g')) ?? []).join(' ');
}

/** Drop separators and write every decimal digit in ASCII; null when anything else is there. */
function asciiDigits(typed: string): string | null {
  let digits = '';
  for (const character of typed) {
    if (/\p{Nd}/u.test(character)) digits += decimalValue(character);
    else if (!/[\p{Z}\p{P}\p{Cf}\p{Cc}]/u.test(character)) return null;
  }
  return digits;
}

/**
 * The value of a Unicode decimal digit. Unicode keeps the ten digits of a script together and in
 * order (The Unicode Standard, 4.6), so it is the distance to the first of them.
 */
function decimalValue(digit: string): number {
  let codePoint = digit.codePointAt(0) ?? 0;
  // Blocks of ten can touch (the mathematical digits do), starting at U+1D7CE.
  if (codePoint >= 0x1d7ce && codePoint <= 0x1d7ff) return (codePoint - 0x1d7ce) % 10;
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(codePoint - 1))) {
    codePoint -= 1;
    value += 1;
  }
  return value;
}
