import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../src/case-code/keys';
import { openNames, sealNames } from '../src/case-code/sealed-names';

const wrap = fromHex('0f'.repeat(32));

describe('hexadecimal', () => {
  test('goes both ways', () => {
    expect(toHex(fromHex('00ff10ab'))).toBe('00ff10ab');
  });

  test.each(['0', 'zz', '00 11'])('refuses %j', (hex) => {
    expect(() => fromHex(hex)).toThrow(RangeError);
  });
});

describe('sealed names', () => {
  const names = { 'id-1': 'beach.jpg', 'id-2': 'صورة.png' };

  test('open again with the same key', async () => {
    expect(await openNames(await sealNames(names, wrap), wrap)).toEqual(names);
  });

  test('stay shut for another key', async () => {
    const sealed = await sealNames(names, wrap);
    await expect(openNames(sealed, fromHex('0e'.repeat(32)))).rejects.toThrow();
  });

  test('stay shut when a byte was changed', async () => {
    const sealed = await sealNames(names, wrap);
    const changed = (sealed[30] === 'A' ? 'B' : 'A') as string;
    await expect(
      openNames(sealed.slice(0, 30) + changed + sealed.slice(31), wrap),
    ).rejects.toThrow();
  });

  test('do not tell by their length what the names are', async () => {
    const short = await sealNames({ a: 'b' }, wrap);
    const long = await sealNames({ a: 'b'.repeat(1000) }, wrap);
    expect(short).toHaveLength(long.length);
  });

  test('never look the same twice', async () => {
    expect(await sealNames(names, wrap)).not.toBe(await sealNames(names, wrap));
  });
});
