import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Kernel, type Pdq, startPicture } from '../src/fingerprints/kernel';

const kernel: Kernel = new WebAssembly.Module(
  readFileSync(new URL('../public-build/pdq.wasm', import.meta.url)),
);

/** Slopes, waves and steps: a picture with something at every scale. */
function picture(width: number, height: number): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * 4;
      const u = x / width;
      const v = y / height;
      rgba[at] = 128 + 100 * Math.sin(9 * u + 4 * v * v);
      rgba[at + 1] = 255 * u * v;
      rgba[at + 2] = (Math.floor(7 * u) ^ Math.floor(5 * v)) & 1 ? 220 : 30;
      rgba[at + 3] = 255;
    }
  return rgba;
}

async function pdqOf(rgba: Uint8ClampedArray, width: number, stripRows: number): Promise<Pdq> {
  const height = rgba.length / 4 / width;
  const hashing = await startPicture(kernel, width, height, stripRows);
  for (let top = 0; top < height; top += stripRows)
    hashing.add(rgba.subarray(top * width * 4, Math.min(height, top + stripRows) * width * 4));
  return hashing.finish();
}

function distance(left: Pdq, right: Pdq): number {
  let bits = BigInt(`0x${left.hex}`) ^ BigInt(`0x${right.hex}`);
  let count = 0;
  for (; bits > 0n; bits &= bits - 1n) count += 1;
  return count;
}

describe('the kernel', () => {
  test('gives the same answer however the picture is cut into strips', async () => {
    const rgba = picture(301, 203);
    const whole = await pdqOf(rgba, 301, 203);
    expect(whole.hex).toMatch(/^[0-9a-f]{64}$/);
    expect(whole.quality).toBeGreaterThanOrEqual(50);
    for (const rows of [1, 2, 64, 202]) expect(await pdqOf(rgba, 301, rows)).toEqual(whole);
  });

  test('takes a part as if the picture had been cut down to it', async () => {
    const [width, height] = [800, 600];
    const rgba = picture(width, height);
    const hashing = await startPicture(kernel, width, height, height);
    hashing.add(rgba);
    const whole = hashing.finish();
    // So smooth a picture has many waves of nearly no height, which whole levels of grey push over.
    expect(distance(hashing.crop([0, 0, 1, 1]), whole)).toBeLessThanOrEqual(16);
    const lower = rgba.subarray(width * 4 * 150);
    const part = hashing.crop([0, 0.25, 1, 1]);
    expect(distance(part, await pdqOf(lower, width, 450))).toBeLessThanOrEqual(16);
    expect(distance(part, whole)).toBeGreaterThan(31);
    expect(hashing.crop([0.5, 0.5, 0.5, 0.5])).toEqual({ hex: '0'.repeat(64), quality: 0 });
  });

  test('sets half of the bits of an ordinary picture', async () => {
    const nothing: Pdq = { hex: '0'.repeat(64), quality: 0 };
    expect(distance(await pdqOf(picture(301, 203), 301, 203), nothing)).toBe(128);
  });

  test('stays near when the picture is smaller, and far when it is another', async () => {
    const large = await pdqOf(picture(900, 600), 900, 100);
    expect(distance(large, await pdqOf(picture(450, 300), 450, 300))).toBeLessThanOrEqual(31);
    const negative = picture(900, 600).map((value, at) => (at % 4 === 3 ? 255 : 255 - value));
    expect(distance(large, await pdqOf(negative, 900, 600))).toBeGreaterThan(200);
  });

  test('gives a picture without anything in it the quality 0', async () => {
    const grey = new Uint8ClampedArray(100 * 100 * 4).fill(128);
    expect((await pdqOf(grey, 100, 100)).quality).toBe(0);
  });

  test('takes the smallest pictures', async () => {
    expect(await pdqOf(picture(1, 1), 1, 1)).toEqual({ hex: '0'.repeat(64), quality: 0 });
  });

  test('says so when rows are missing', async () => {
    const hashing = await startPicture(kernel, 100, 100, 100);
    expect(() => hashing.finish()).toThrow(RangeError);
  });

  test('says so when there can be no memory for the picture', async () => {
    await expect(startPicture(kernel, 2 ** 24, 2 ** 24, 2 ** 10)).rejects.toThrow(RangeError);
  });
});
