// The kernel of native/pdq.hpp as WebAssembly: rows of a picture in, its PDQ out.

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
export interface Hashing {
  /** Take the next rows of opaque RGBA; all together are the picture, from top to bottom. */
  add(rgba: Uint8ClampedArray): void;
  /** To be asked once, when every row was added. */
  finish(): Pdq;
}

/** What native/wasm.cpp exports; it says there what each function does. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  begin(width: number, height: number, stripRows: number): number;
  add(rows: number): number;
  finish(): number;
}

const HASH_BYTES = 32;
// Eight orientations come first, the picture as it is foremost.
const QUALITY_AT = 8 * HASH_BYTES;

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
  const { memory, begin, add, finish } = instance.exports as unknown as Exports;
  const strip = begin(width, height, stripRows);
  if (strip === 0) throw new RangeError('There is not enough memory for this picture.');
  return {
    add(rgba) {
      new Uint8Array(memory.buffer).set(rgba, strip);
      add(rgba.length / (4 * width));
    },
    finish() {
      const result = finish();
      if (result === 0) throw new RangeError('Rows of the picture are missing.');
      const bytes = new Uint8Array(memory.buffer, result, QUALITY_AT + 1);
      return { hex: hexOf(bytes.subarray(0, HASH_BYTES)), quality: bytes[QUALITY_AT] ?? 0 };
    },
  };
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
