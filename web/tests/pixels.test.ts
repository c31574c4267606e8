import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { crc32 } from '../src/fingerprints/crc32';
import { digestFile } from '../src/fingerprints/digests';
import { plainExif } from '../src/fingerprints/exif';
import { announcedPixels, jpegComponents } from '../src/fingerprints/picture-size';
import {
  FAINT_NOISE,
  knownPattern,
  meanDifference,
  type Readback,
  truthfulReadback,
} from '../src/fingerprints/readback';
import { storedPixels } from '../src/fingerprints/stored-pixels';
import { UnreadBlocks } from '../src/fingerprints/unread';
import { layOnWhite } from '../src/fingerprints/white';

describe('transparency', () => {
  test('lies on white, to the nearest whole value', () => {
    for (const alpha of [0, 1, 77, 128, 254, 255])
      for (let value = 0; value < 256; value += 1) {
        const rgba = new Uint8ClampedArray([value, 0, 255, alpha]);
        layOnWhite(rgba);
        const exact = (value * alpha + 255 * (255 - alpha)) / 255;
        expect(rgba[0]).toBe(Math.round(exact));
        expect([rgba[2], rgba[3]]).toEqual([255, 255]);
      }
  });
});

describe('digests', () => {
  test('are those of the whole file, and the share read grows to 1', async () => {
    const bytes = new Uint8Array(3_000_001).map((_, at) => at * 31);
    const shares: number[] = [];
    const digests = await digestFile(new Blob([bytes]), (share) => shares.push(share));
    for (const name of ['sha256', 'md5'] as const)
      expect(digests[name]).toBe(createHash(name).update(bytes).digest('hex'));
    expect(shares.at(-1)).toBe(1);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  });
});

describe('the size that a header announces', () => {
  const be16 = (value: number) => [value >> 8, value & 255];

  const png = [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10];
  const apple = [0, 0, 0, 4, 0x43, 0x67, 0x42, 0x49, 0x50, 0, 0x20, 6, 0x2c, 0xb8, 0x77, 0x66];

  test.each([
    ['a PNG', []],
    ["a PNG of Apple's own kind", apple],
  ])('is read from %s', (_, before) => {
    const named = [...png, ...before, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52];
    const header = new Uint8Array([...named, 0, 0, ...be16(20000), 0, 0, ...be16(30000)]);
    expect(announcedPixels(header)).toBe(600_000_000);
  });

  test('is read from a GIF', () => {
    const header = new Uint8Array([...'GIF89a'].map((c) => c.charCodeAt(0)).concat([2, 1, 3, 0]));
    expect(announcedPixels(header)).toBe(258 * 3);
  });

  test('is read from a JPEG behind other segments', () => {
    const exif = [0xff, 0xe1, 0, 6, 1, 2, 3, 4];
    const frame = [0xff, 0xff, 0xc2, 0, 17, 8, ...be16(3000), ...be16(4000)];
    expect(announcedPixels(new Uint8Array([0xff, 0xd8, ...exif, ...frame]))).toBe(12_000_000);
  });

  test.each([
    ['VP8X', [0, 0, 0, 0, 0, 0, 0, 0, 0x0f, 0x27, 0, 0xf3, 0x01, 0], 10_000 * 500],
    ['VP8L', [0, 0, 0, 0, 0x2f, 0x0f, 0xc0, 0x7c, 0], 16 * 500],
    ['VP8 ', [0, 0, 0, 0, 0, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01], 640 * 480],
  ])('is read from a WebP of the kind %s', (kind, rest, pixels) => {
    const text = (letters: string) => [...letters].map((c) => c.charCodeAt(0));
    const header = [...text('RIFF'), 0, 0, 0, 0, ...text('WEBP'), ...text(kind), ...rest];
    expect(announcedPixels(new Uint8Array(header))).toBe(pixels);
  });

  test.each([
    [[]],
    [[0xff, 0xd8, 0xff]],
    [[0xff, 0xd8, 0xff, 0xe1, 0, 9]],
    [[1, 2, 3, 4, 5, 6, 7, 8]],
    [[...png, 0, 0, 0, 9, 0x49, 0x44, 0x41, 0x54, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0, 0]],
  ])('is unknown for %j', (bytes) => {
    expect(announcedPixels(new Uint8Array(bytes))).toBeNull();
  });
});

describe('the pixels as they are stored', () => {
  const text = (letters: string) => [...letters].map((letter) => letter.charCodeAt(0));
  const stored = async (bytes: number[], headerBytes = bytes.length) =>
    Array.from(
      await storedPixels(
        new Blob([new Uint8Array(bytes)]),
        new Uint8Array(bytes.slice(0, headerBytes)),
      ).bytes(),
    );
  const end = [0xff, 0xd9];

  test('are a JPEG without its profile, with an end', async () => {
    const exif = [0xff, 0xe1, 0, 4, 1, 2];
    const profile = [0xff, 0xe2, 0, 16, ...text('ICC_PROFILE\0'), 7, 7];
    const other = [0xff, 0xe2, 0, 6, ...text('MPF\0')];
    const scan = [0xff, 0xda, 0, 2, 9, 9, 9];
    const jpeg = [0xff, 0xd8, ...exif, ...profile, ...other, ...profile, ...scan];
    expect(await stored(jpeg)).toEqual([0xff, 0xd8, ...exif, ...other, ...scan, ...end]);
  });

  test('are a PNG without what speaks of colour', async () => {
    const chunk = (type: string, size: number) => [
      ...[0, 0, 0, size],
      ...text(type),
      ...new Array<number>(size + 4).fill(5),
    ];
    const signature = [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10];
    const kept = [...chunk('IHDR', 13), ...chunk('tRNS', 2)];
    const rest = [...chunk('IDAT', 6), ...chunk('gAMA', 4)];
    const png = [...signature, ...chunk('iCCP', 9), ...kept, ...chunk('gAMA', 4), ...rest];
    expect(await stored(png)).toEqual([...signature, ...kept, ...rest]);
  });

  // Exif 2.32: one entry, orientation, SHORT, one value.
  const exif = (orientation: number) => [
    ...[0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0],
    ...[0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0],
  ];
  const app1 = (body: number[]) => [0xff, 0xe1, 0, body.length + 8, ...text('Exif\0'), 7, ...body];

  test('are a JPEG with the Exif that counts, in plain form', async () => {
    const scan = [0xff, 0xda, 0, 2, 9];
    const jpeg = (...bodies: number[][]) => [0xff, 0xd8, ...bodies.flatMap(app1), ...scan];
    const plain = [...text('MM\0*'), 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1];
    const six = [0xff, 0xe1, 0, 34, ...text('Exif\0\0'), ...plain, 0, 6, 0, 0, 0, 0, 0, 0];
    for (const bodies of [[exif(6)], [exif(6), exif(3)], [[], exif(6)]])
      expect(await stored(jpeg(...bodies))).toEqual([0xff, 0xd8, ...six, ...scan, ...end]);
    for (const bodies of [[exif(1), exif(6)], [exif(9), exif(6)], [text('Exif\0\0')], [[]]])
      expect(await stored(jpeg(...bodies))).toEqual([0xff, 0xd8, ...scan, ...end]);
  });

  test('are an arithmetic JPEG without an end of ours', async () => {
    for (const marker of [0xc9, 0xca]) {
      const jpeg = [0xff, 0xd8, 0xff, marker, 0, 4, 8, 0, 0xff, 0xda, 0, 2, 9];
      expect(await stored(jpeg)).toEqual(jpeg);
    }
  });

  test('are a PNG with the Exif that counts, in plain form', async () => {
    const uint32 = (value: number) => [24, 16, 8, 0].map((bits) => (value >>> bits) & 255);
    const chunk = (type: string, body: number[], wrong = 0) => {
      const checked = [...text(type), ...body];
      const sum = crc32(Uint8Array.from(checked)) ^ wrong;
      return [...uint32(body.length), ...checked, ...uint32(sum)];
    };
    const start = [137, ...text('PNG\r\n\x1a\n'), ...chunk('IHDR', new Array<number>(13).fill(1))];
    const data = chunk('IDAT', [1, 2, 3]);
    const six = chunk('eXIf', plainExif(6));
    for (const before of [
      chunk('eXIf', exif(6)),
      [...chunk('eXIf', exif(6)), ...chunk('eXIf', exif(3))],
      [...chunk('eXIf', exif(3), 1), ...chunk('eXIf', exif(6))],
    ])
      expect(await stored([...start, ...before, ...data])).toEqual([...start, ...six, ...data]);
    const none = chunk('eXIf', [...text('Exif\0\0'), ...exif(6)]);
    expect(await stored([...start, ...none, ...data])).toEqual([...start, ...data]);
    expect(crc32(Uint8Array.from(text('123456789')))).toBe(0xcbf43926);
  });

  test('are a WebP that says nothing of its Exif', async () => {
    const webp = (flags: number) => [...text('RIFF1234WEBPVP8X'), 10, 0, 0, 0, flags, 0, 0, 0, 7];
    expect(await stored(webp(0x18))).toEqual(webp(0x10));
    expect(await stored(webp(0x10))).toEqual(webp(0x10));
  });

  test('are the whole of any other file, and of one that is cut short anywhere', async () => {
    expect(await stored(text('RIFF1234WEBP'))).toEqual(text('RIFF1234WEBP'));
    const jpeg = [0xff, 0xd8, 0xff, 0xe2, 0, 16, ...text('ICC_PROFILE\0'), 7, 7, 0xff, 0xda];
    for (let cut = 2; cut < 16; cut += 1)
      expect(await stored(jpeg.slice(0, cut))).toEqual([...jpeg.slice(0, cut), ...end]);
  });
});

describe('a JPEG of which hardly anything may be there', () => {
  const rows = (
    blocks: UnreadBlocks,
    grey: number,
    greyRows: number,
    width: number,
    height: number,
    strip: number,
  ) => {
    for (let top = 0; top < height; top += strip) {
      const here = Math.min(strip, height - top);
      const rgba = new Uint8ClampedArray(4 * width * here).map((_, at) =>
        top + Math.floor(at / 4 / width) >= height - greyRows ? grey : at * 31,
      );
      blocks.add(rgba, width, top);
    }
    return blocks.suspect;
  };
  const suspect = (greyRows: number, width = 40, height = 320, strip = 50) =>
    rows(new UnreadBlocks(), 128, greyRows, width, height, strip);

  test('is known by its grey blocks', () => {
    expect(suspect(320)).toBe(true);
    expect(suspect(320 - 72)).toBe(true);
    expect(suspect(320 - 80)).toBe(false);
    expect(suspect(0)).toBe(false);
    expect(suspect(3, 2, 3)).toBe(false);
  });

  test('is known by a darker grey if it is of four colours, and by no other', () => {
    expect(rows(new UnreadBlocks(true), 64, 320, 40, 320, 50)).toBe(true);
    expect(rows(new UnreadBlocks(true), 128, 320, 40, 320, 50)).toBe(false);
    expect(rows(new UnreadBlocks(false), 64, 320, 40, 320, 50)).toBe(false);
  });

  test('is of as many colours as its frame says', () => {
    const jpeg = (components: number) =>
      new Uint8Array([
        0xff,
        0xd8,
        0xff,
        0xe1,
        0,
        4,
        1,
        2,
        0xff,
        0xc0,
        0,
        17,
        8,
        0,
        9,
        0,
        9,
        components,
      ]);
    for (const components of [1, 3, 4]) expect(jpegComponents(jpeg(components))).toBe(components);
    expect(jpegComponents(jpeg(4).slice(0, 14))).toBeNull();
    expect(jpegComponents(new Uint8Array([0x89, 0x50, 0x4e, 0x47]))).toBeNull();
  });
});

describe('the way pixels are read back', () => {
  // Node has no pictures: these two stand in for the browser's, and only carry the pattern along.
  Object.assign(globalThis, {
    ImageData: class {
      readonly data: Uint8ClampedArray;
      constructor(data: Uint8ClampedArray) {
        this.data = data;
      }
    },
    createImageBitmap: async (image: { data: Uint8ClampedArray }) => ({
      data: image.data,
      close: () => undefined,
    }),
  });
  const way = (change: (value: number, at: number) => number): Readback => ({
    read: async () => knownPattern().map(change),
  });
  const noise = way((_, at) => (at * 7919) & 255);
  const faint = way((value, at) => value ^ (at % 3 === 0 ? 1 : 0));
  const missing: Readback = { read: () => Promise.reject(new Error('no such way here')) };

  test('is trusted when it tells the truth, or nearly', async () => {
    expect(await truthfulReadback([faint])).toBe(faint);
  });

  test('is passed over when it makes things up or is not there', async () => {
    const truth = way((value) => value);
    expect(await truthfulReadback([noise, missing, truth])).toBe(truth);
    expect(await truthfulReadback([noise, missing])).toBeNull();
  });

  test('differs by more than the bound when all is white', () => {
    const white = new Uint8ClampedArray(knownPattern().length).fill(255);
    expect(meanDifference(white, knownPattern())).toBeGreaterThan(10 * FAINT_NOISE);
  });
});
