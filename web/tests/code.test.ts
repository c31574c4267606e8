import { describe, expect, test } from 'vitest';
import { CODE_DIGITS, checkDigit, grouped, newCode, readCode } from '../src/case-code/code';

/** Hands out the given bytes over and over. */
function bytesOf(...values: number[]): (bytes: Uint8Array) => void {
  let next = 0;
  return (bytes) => {
    for (let at = 0; at < bytes.length; at += 1) {
      bytes[at] = values[next % values.length] ?? 0;
      next += 1;
    }
  };
}

describe('a new code', () => {
  test('has twenty digits that pass their own check', () => {
    for (let round = 0; round < 500; round += 1) {
      const code = newCode();
      expect(code).toMatch(/^[0-9]{20}$/);
      expect(readCode(code)).toEqual({ code });
    }
  });

  test('leaves out the bytes that would make some digits likelier', () => {
    expect(newCode(bytesOf(255, 250, 7)).slice(0, -1)).toBe('7'.repeat(CODE_DIGITS - 1));
  });

  test('uses every digit equally often', () => {
    const counts = new Array<number>(10).fill(0);
    const rounds = 4000;
    for (let round = 0; round < rounds; round += 1)
      for (const digit of newCode().slice(0, -1))
        counts[Number(digit)] = (counts[Number(digit)] ?? 0) + 1;
    const expected = (rounds * (CODE_DIGITS - 1)) / 10;
    const chiSquare = counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(45); // 9 degrees of freedom: one run in a million is above
  });
});

describe('the check digit', () => {
  test('is that of the example in the literature', () => {
    expect(checkDigit('572')).toBe(4);
  });

  const code = newCode();

  test('finds every single wrong digit', () => {
    for (let at = 0; at < CODE_DIGITS; at += 1)
      for (let digit = 0; digit < 10; digit += 1) {
        if (code[at] === String(digit)) continue;
        const wrong = code.slice(0, at) + digit + code.slice(at + 1);
        expect(readCode(wrong)).toEqual({ wrong: 'mistyped' });
      }
  });

  test('finds every two neighbours that were swapped', () => {
    for (let at = 0; at + 1 < CODE_DIGITS; at += 1) {
      if (code[at] === code[at + 1]) continue;
      const wrong = code.slice(0, at) + code[at + 1] + code[at] + code.slice(at + 2);
      expect(readCode(wrong)).toEqual({ wrong: 'mistyped' });
    }
  });
});

describe('reading what was typed', () => {
  const code = newCode();

  test.each([
    ['as it is shown', grouped(code)],
    ['with dashes', grouped(code).replaceAll(' ', '–')],
    ['with invisible marks', `\u200f${grouped(code)}\u2066`],
    ['in Arabic-Indic digits', inDigitsFrom(code, 0x660)],
    ['in Persian digits', inDigitsFrom(code, 0x6f0)],
    ['in Devanagari digits', inDigitsFrom(code, 0x966)],
    ['in wide digits', inDigitsFrom(code, 0xff10)],
    ['in bold mathematical digits', inDigitsFrom(code, 0x1d7ce)],
    ['in monospace mathematical digits', inDigitsFrom(code, 0x1d7f6)],
    ['in Ol Chiki digits', inDigitsFrom(code, 0x1c50)],
  ])('works %s', (_how, typed) => {
    expect(readCode(typed)).toEqual({ code });
  });

  test.each([
    ['', 'short'],
    [code.slice(1), 'short'],
    [`${code}0`, 'long'],
    [`${code.slice(1)}O`, 'letters'],
  ])('says what is wrong with %j', (typed, wrong) => {
    expect(readCode(typed)).toEqual({ wrong });
  });

  test('shows five groups of four', () => {
    expect(grouped('12345678901234567890')).toBe('1234 5678 9012 3456 7890');
  });
});

function inDigitsFrom(code: string, zero: number): string {
  return Array.from(code, (digit) => String.fromCodePoint(zero + Number(digit))).join('');
}
