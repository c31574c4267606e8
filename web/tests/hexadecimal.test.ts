import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../src/hexadecimal';

describe('hexadecimal', () => {
  test('goes both ways', () => {
    expect(toHex(fromHex('00ff10ab'))).toBe('00ff10ab');
  });

  test.each(['0', 'zz', '00 11'])('refuses %j', (hex) => {
    expect(() => fromHex(hex)).toThrow(RangeError);
  });
});
