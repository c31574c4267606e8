// The case code's shared vectors: the hotline's Python passes the same file.
import { describe, expect, test } from 'vitest';
import vectors from '../../tests/vectors/case_code.json' with { type: 'json' };
import { checkDigit, readCode } from '../src/case-code/code';
import { deriveKeys, fromHex, toHex } from '../src/case-code/keys';
import { openNames } from '../src/case-code/sealed-names';

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

  test.each(vectors.sealed_names)('opens the names', async ({ wrap, names, sealed }) => {
    expect(await openNames(sealed, fromHex(wrap))).toEqual(names);
  });
});
