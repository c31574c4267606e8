// What of a JPEG is decoded again to tell whether its data is there, and what is made of that.
import { describe, expect, test } from 'vitest';
import { jpegTop, shareThere } from '../src/fingerprints/jpeg-top';

const START = [0xff, 0xd8];
const END = [0xff, 0xd9];
const EXIF = [0xff, 0xe1, 0, 4, 0xff, 0xd9]; // holds what looks like an end
const frame = (marker: number, height: number, factors = [0x22, 0x11, 0x11]) => [
  ...[0xff, marker, 0, 8 + 3 * factors.length, 8, height >> 8, height & 255, 0, 16],
  ...[factors.length, ...factors.flatMap((factor, index) => [index + 1, factor, 0])],
];
const scan = (...components: number[]) => [
  ...[0xff, 0xda, 0, 6 + 2 * components.length, components.length],
  ...components.flatMap((component) => [component, 0]),
  ...[0, 63, 0],
];
const RESTARTS = [0xff, 0xdd, 0, 4, 0, 1];
const DATA = [1, 2, 0xff, 0, 3];

const top = (...parts: number[][]) => jpegTop(new Uint8Array([...START, ...parts.flat()]));

describe('the top of a JPEG', () => {
  test('has rows for a sixteenth, its data, and an end', () => {
    const made = top(EXIF, frame(0xc0, 600), scan(1, 2, 3), DATA, END);
    expect(made?.together).toBe(2);
    expect(made?.height).toBe(600);
    const comment = [0xff, 0xfe, ...EXIF.slice(2)];
    const header = [...START, ...comment, ...frame(0xc0, 48), ...scan(1, 2, 3)];
    expect([...(made?.asItStands ?? [])]).toEqual([...header, ...DATA, ...END]);
    const others = [...(made?.withOthers ?? [])];
    expect(others.slice(0, header.length + DATA.length)).toEqual([...header, ...DATA]);
    expect(others.slice(-2)).toEqual(END);
    expect(others.length).toBeGreaterThan(5000);
  });

  test('is that of a file without an end, and half a marker of it is no data', () => {
    const made = top(frame(0xc0, 40, [0x11]), scan(1), DATA, [0xff]);
    expect(made?.together).toBe(1);
    expect([...(made?.asItStands ?? [])].slice(-7)).toEqual([...DATA, ...END]);
  });

  test('ends with the first pass over the first component', () => {
    const made = top(frame(0xc2, 600), scan(2), [9, 9], scan(1), DATA, scan(3), [8], END);
    const bytes = [...(made?.asItStands ?? [])];
    expect(bytes.join()).toContain([...scan(2), 9, 9, ...scan(1), ...DATA, 0xff, 0xc4].join());
    expect(bytes.join()).not.toContain([...scan(3), 8].join());
  });

  test('has other bytes before each restart, and behind those that would be next', () => {
    const made = top(RESTARTS, frame(0xc0, 600), scan(1, 2, 3), [1, 0xff, 0xd0, 2], END);
    const others = [...(made?.withOthers ?? [])].join();
    expect(others).toContain([1, 7, 10, 13].join());
    expect(others).toContain([247, 250, 0xff, 0xd0, 2, 7, 10].join());
    expect(others).toContain([247, 250, 0xff, 0xd1, 7, 10].join());
  });

  test('is none of an arithmetic JPEG, of no JPEG, and of a part of a header', () => {
    expect(top(frame(0xc9, 600), scan(1, 2, 3), DATA, END)).toBeNull();
    const whole = [...START, ...frame(0xc0, 600), ...scan(1, 2, 3)];
    for (let cut = 0; cut < whole.length - 8; cut += 1)
      expect(jpegTop(new Uint8Array(whole.slice(0, cut)))).toBeNull();
  });
});

describe('the share of a JPEG that data was found for', () => {
  const WIDTH = 80;
  /** Two tops of 16 rows: what differs from block `from` on, up to `to`, is grey in the first. */
  const share = (from: number, to = 20, together = 1) => {
    const first = new Uint8ClampedArray(4 * WIDTH * 16);
    const second = new Uint8ClampedArray(first.length);
    for (let at = 0; at < first.length; at += 1) {
      const pixel = at >> 2;
      const block = Math.floor(pixel / WIDTH / 8) * 10 + Math.floor((pixel % WIDTH) / 8);
      if (block >= from && block < to) {
        first[at] = 128;
        second[at] = 90;
      }
    }
    const made = {
      asItStands: new Uint8Array(),
      withOthers: new Uint8Array(),
      height: 160,
      together,
    };
    return shareThere(made, WIDTH, first, second, 128);
  };

  test('is all of the top if nothing differs', () => expect(share(20)).toBe(0.1));

  test('is what comes before the first block that differs', () => {
    expect(share(0)).toBe(0);
    expect(share(7)).toBeCloseTo(0.035);
    expect(share(13)).toBeCloseTo(0.065);
  });

  test('counts later what is not grey', () => expect(share(3, 8)).toBeCloseTo(0.075));

  test('is of whole units', () => expect(share(10, 20, 2)).toBeCloseTo(0.05));
});
