// Shared vectors, of the case code and of Exif: the server's Python passes the same files.
import { describe, expect, test } from 'vitest';
import vectors from '../../tests/vectors/case_code.json' with { type: 'json' };
import exif from '../../tests/vectors/exif.json' with { type: 'json' };
import { checkDigit, readCode } from '../src/case-code/code';
import { deriveKeys } from '../src/case-code/keys';
import { openBox } from '../src/case-code/sealed-box';
import { orientationOf, plainExif } from '../src/fingerprints/exif';
import { fromHex, toHex } from '../src/hexadecimal';

describe('the case code, as in tests/vectors/case_code.json', () => {
  test.each(vectors.check_digits)('$payload ends in $check_digit', (vector) => {
    expect(String(checkDigit(vector.payload))).toBe(vector.check_digit);
  });

  test.each(vectors.readings)('is read $why', ({ typed, code }) => {
    const read = readCode(typed);
    expect('code' in read ? read.code : null).toBe(code);
  });

  test.each(vectors.keys)('$code derives to its keys', async ({ code, salt, lookup, wrap }) => {
    const { memory_kib: memoryKib, passes } = vectors.derivation;
    const keys = await deriveKeys(code, { salt: fromHex(salt), memoryKib, passes });
    expect({ lookup: toHex(keys.lookup), wrap: toHex(keys.wrap) }).toEqual({ lookup, wrap });
  });

  test.each(vectors.sealed_boxes)('opens the box', async ({ wrap, pictures, sealed }) => {
    expect(await openBox(sealed, fromHex(wrap))).toEqual(pictures);
  });
});

describe('the orientation, as in tests/vectors/exif.json', () => {
  test.each(exif.exif)('is read with $why', ({ exif: hex, orientation }) => {
    expect(orientationOf(new DataView(Uint8Array.from(fromHex(hex)).buffer))).toBe(orientation);
  });

  test.each([2, 3, 4, 5, 6, 7, 8])('%i is what plain Exif says', (orientation) => {
    const plain = Uint8Array.from(plainExif(orientation));
    expect(orientationOf(new DataView(plain.buffer))).toBe(orientation);
  });
});
