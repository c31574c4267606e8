// Runs the WebAssembly kernel on pictures from standard input, one after the other: width, height
// and how many parts are wanted, then for each part its left, top, right and bottom, all as
// little-endian uint32, then RGBA rows. Answers with 8 x 32 bytes and the quality, of the picture
// first, then of each part.
import { readFileSync, readSync, writeSync } from "node:fs";

const STRIP_ROWS = 100;
const { instance } = await WebAssembly.instantiate(readFileSync(process.argv[2]));
const { memory, begin, add, finish, crop } = instance.exports;

/** Fills `view` from standard input; says whether there was enough. */
function fill(view) {
  for (let at = 0; at < view.length; ) {
    const read = readSync(0, view, at, view.length - at);
    if (read === 0) return false;
    at += read;
  }
  return true;
}

/** Writes the result at an address of the kernel's memory. */
function answer(result) {
  if (result === 0) throw new Error("the kernel has no result");
  writeSync(1, new Uint8Array(memory.buffer, result, 257));
}

/** Reads so many numbers from standard input, or null at its end. */
function numbers(count) {
  const bytes = new DataView(new ArrayBuffer(4 * count));
  if (!fill(new Uint8Array(bytes.buffer))) return null;
  return Array.from({ length: count }, (_, n) => bytes.getUint32(4 * n, true));
}

for (let header = numbers(3); header !== null; header = numbers(3)) {
  const [width, height, parts] = header;
  const boxes = Array.from({ length: parts }, () => numbers(4));
  const strip = begin(width, height, STRIP_ROWS);
  if (strip === 0) throw new Error(`no memory for ${width} x ${height}`);
  for (let left = height; left > 0; ) {
    const rows = Math.min(STRIP_ROWS, left);
    if (!fill(new Uint8Array(memory.buffer, strip, rows * width * 4))) throw new Error("cut short");
    left = add(rows);
  }
  answer(finish());
  for (const box of boxes) answer(crop(...box));
}
