// The kernel of native/wasm/module.cpp: rows of a picture in, its PDQ and those of its parts out.
import { toHex } from '../hexadecimal';

/** A perceptual fingerprint, as the server writes it. */
export interface Pdq {
  /** 64 lower-case hexadecimal digits, bit 255 first. */
  readonly hex: string;
  /** 0 to 100; below 50 the picture has too little in it to be told apart. */
  readonly quality: number;
}

/** The compiled module: made once, while each picture gets memory of its own. */
export type Kernel = WebAssembly.Module;

/** One picture on its way through the kernel. */
interface Hashing {
  /** Take the next rows of opaque RGBA; all together are the picture, from top to bottom. */
  add(rgba: Uint8ClampedArray): void;
  /** To be asked once, when every row was added. */
  finish(): Pdq;
  /** What the picture would be if it were cropped to `box`; to be asked after `finish`. */
  crop(box: Box): Pdq;
}

/** Left, top, right and bottom edge as shares of the picture's width and height, 0 to 1. */
export type Box = readonly [left: number, top: number, right: number, bottom: number];

/** What native/wasm/module.cpp exports; it says there what each function does. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  begin(width: number, height: number, stripRows: number): number;
  add(rows: number): number;
  finish(): number;
  crop(left: number, top: number, right: number, bottom: number): number;
}

const HASH_BYTES = 32;
// Eight orientations come first, the picture as it is foremost.
const QUALITY_AT = 8 * HASH_BYTES;
// What the reference says of a picture too small to look at.
const NO_HASH = '0'.repeat(2 * HASH_BYTES);

/** Fetch and compile the kernel; rejects when the network, the server or the browser says no. */
export async function loadKernel(url: string): Promise<Kernel> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The kernel did not come: status ${response.status}.`);
  return WebAssembly.compile(await response.arrayBuffer());
}

/**
 * Begin a picture of `width` × `height` pixels, to be added in strips of at most `stripRows` rows.
 *
 * Each picture has an instance of its own: WebAssembly memory only grows, and this gives it back.
 * Rejects with RangeError when there is not enough memory.
 */
export async function startPicture(
  kernel: Kernel,
  width: number,
  height: number,
  stripRows: number,
): Promise<Hashing> {
  const instance = await WebAssembly.instantiate(kernel);
  const { memory, begin, add, finish, crop } = instance.exports as unknown as Exports;
  const strip = begin(width, height, stripRows);
  if (strip === 0) throw new RangeError('There is not enough memory for this picture.');
  const resultAt = (address: number): Pdq => {
    const bytes = new Uint8Array(memory.buffer, address, QUALITY_AT + 1);
    return { hex: toHex(bytes.subarray(0, HASH_BYTES)), quality: bytes[QUALITY_AT] ?? 0 };
  };
  return {
    add(rgba) {
      new Uint8Array(memory.buffer).set(rgba, strip);
      add(rgba.length / (4 * width));
    },
    finish() {
      const result = finish();
      if (result === 0) throw new RangeError('Rows of the picture are missing.');
      return resultAt(result);
    },
    crop([left, top, right, bottom]) {
      // As takeback.fingerprints.luma does: halves are rounded up.
      const across = (share: number) => Math.floor(share * width + 0.5);
      const down = (share: number) => Math.floor(share * height + 0.5);
      const result = crop(across(left), down(top), across(right), down(bottom));
      return result === 0 ? { hex: NO_HASH, quality: 0 } : resultAt(result);
    },
  };
}
