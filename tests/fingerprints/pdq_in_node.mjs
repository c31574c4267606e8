// Runs the WebAssembly kernel on pictures from standard input, one after the other: width and
// height as little-endian uint32, then RGBA rows. Answers each with 8 x 32 bytes and the quality.
import { readFileSync, readSync, writeSync } from "node:fs";

const STRIP_ROWS = 100;
const { instance } = await WebAssembly.instantiate(readFileSync(process.argv[2]));
const { memory, begin, add, finish } = instance.exports;

/** Fills `view` from standard input; says whether there was enough. */
function fill(view) {
  for (let at = 0; at < view.length; ) {
    const read = readSync(0, view, at, view.length - at);
    if (read === 0) return false;
    at += read;
  }
  return true;
}

const header = new DataView(new ArrayBuffer(8));
while (fill(new Uint8Array(header.buffer))) {
  const width = header.getUint32(0, true);
  const height = header.getUint32(4, true);
  const strip = begin(width, height, STRIP_ROWS);
  if (strip === 0) throw new Error(`no memory for ${width} x ${height}`);
  for (let left = height; left > 0; ) {
    const rows = Math.min(STRIP_ROWS, left);
    if (!fill(new Uint8Array(memory.buffer, strip, rows * width * 4))) throw new Error("cut short");
    left = add(rows);
  }
  writeSync(1, new Uint8Array(memory.buffer, finish(), 257));
}
