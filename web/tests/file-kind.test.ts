// A file is told by its bytes: fault A6, videos were taken in secret and a PDF was "ready".
import { describe, expect, test } from 'vitest';
import vectors from '../../tests/vectors/file_kinds.json' with { type: 'json' };
import { fileKind, HEAD_BYTES, kindOfBytes } from '../src/fingerprints/file-kind';
import { fromHex } from '../src/hexadecimal';

/** A transport stream whose first packet begins at `first`. */
function transportStream(first: number, packet: number, packets = 6): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(first + packets * packet).fill(0xff);
  for (let at = 0; at < packets; at += 1) bytes[first + at * packet] = 0x47;
  return bytes;
}

describe('the kind of a file, as in tests/vectors/file_kinds.json', () => {
  test.each(vectors.files)('$why is a $kind', async ({ starts, kind }) => {
    const bytes = Uint8Array.from(fromHex(starts));
    expect(await fileKind(new Blob([bytes]))).toBe(kind);
    // What follows changes nothing, and neither do a name and a declared type.
    const longer = new File([bytes, new Uint8Array(3000)], 'beach.jpg', { type: 'image/jpeg' });
    if (starts !== '') expect(await fileKind(longer)).toBe(kind);
  });
});

describe('the kind of a file', () => {
  test.each([
    ['188 bytes a packet', 0, 188],
    ['192 bytes a packet, as cameras write them', 4, 192],
  ])('is video for MPEG transport streams of %s', async (_, first, packet) => {
    expect(await fileKind(new Blob([transportStream(first, packet)]))).toBe('video');
    expect(await fileKind(new Blob([transportStream(first, packet, 3)]))).toBe('other');
  });

  test('is not video for a text whose letters spell a box that would not fit', () => {
    const text = new TextEncoder().encode('The wide sea');
    expect(kindOfBytes(text, text.length)).toBe('other');
  });

  test('is told from the first bytes alone, however large the file is', async () => {
    const asked: [number, number][] = [];
    const huge = {
      size: 2 ** 33,
      slice: (from: number, to: number) => {
        asked.push([from, to]);
        return new Blob(['\0\0\0\x14ftypmp42\0\0\0\0isom']);
      },
    };
    expect(await fileKind(huge as unknown as Blob)).toBe('video');
    expect(asked).toEqual([[0, HEAD_BYTES]]);
  });

  test('rejects as the browser does for a file that is gone', async () => {
    const gone = { slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException('gone')) }) };
    await expect(fileKind(gone as unknown as Blob)).rejects.toThrow('gone');
  });
});
