// The edges of the WebAssembly module, which the conformance tests don't touch.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const bytes = readFileSync(process.env.PDQ_WASM);

async function load() {
  const { instance } = await WebAssembly.instantiate(bytes);
  return instance.exports;
}

/** A picture of `width` x `height` by a fixed rule, fed in strips of `stripRows`. */
function hash(kernel, width, height, stripRows) {
  const strip = kernel.begin(width, height, stripRows);
  assert.notEqual(strip, 0);
  for (let y = 0; y < height; ) {
    const rows = Math.min(stripRows, height - y);
    const pixels = new Uint8Array(kernel.memory.buffer, strip, rows * width * 4);
    pixels.forEach((_, n) => {
      const x = Math.floor((n / 4) % width);
      const row = y + Math.floor(n / 4 / width);
      pixels[n] = (x * x + 3 * row * (n % 4) + ((x * row) >> 4)) & 255;
    });
    assert.equal(kernel.add(rows), height - y - rows);
    y += rows;
  }
  return Buffer.from(kernel.memory.buffer, kernel.finish(), 257).toString("hex");
}

test("the module asks for nothing", () => {
  assert.deepEqual(WebAssembly.Module.imports(new WebAssembly.Module(bytes)), []);
});

test("strips of any height give the same, in a new module or a used one", async () => {
  const kernel = await load();
  const expected = hash(kernel, 321, 200, 200);
  for (const stripRows of [1, 3, 64, 5000]) {
    assert.equal(hash(kernel, 321, 200, stripRows), expected);
    assert.equal(hash(await load(), 321, 200, stripRows), expected);
  }
});

test("a picture that was left unfinished does not disturb the next", async () => {
  const kernel = await load();
  const expected = hash(kernel, 150, 90, 10);
  kernel.begin(1000, 1000, 30);
  kernel.add(30);
  assert.equal(kernel.finish(), 0);
  assert.equal(hash(kernel, 150, 90, 10), expected);
});

test("memory stays small for a large picture", async () => {
  const kernel = await load();
  assert.notEqual(kernel.begin(8000, 6000, 64), 0);
  assert.ok(kernel.memory.buffer.byteLength < 8 << 20);
});

test("rows that are too many are left out", async () => {
  const kernel = await load();
  kernel.begin(100, 50, 20);
  assert.equal(kernel.add(4_000_000_000), 30);
  assert.equal(kernel.add(20), 10);
  assert.equal(kernel.add(20), 0);
  assert.equal(kernel.add(20), 0);
  assert.notEqual(kernel.finish(), 0);
});

test("what can't be hashed is refused, and the module lives on", async () => {
  const kernel = await load();
  assert.equal(kernel.finish(), 0);
  assert.equal(kernel.add(1), 0);
  const refused = [
    [0, 5, 1],
    [5, 0, 1],
    [5, 5, 0],
    [(1 << 24) + 1, 5, 1],
    [5, (1 << 24) + 1, 1],
    [1 << 24, 1 << 24, 1],
    [4_294_967_295, 4_294_967_295, 4_294_967_295],
    [100_000, 100_000, 100_000],
  ];
  for (const [width, height, stripRows] of refused) {
    assert.equal(kernel.begin(width, height, stripRows), 0, `${width} x ${height}`);
    assert.equal(kernel.finish(), 0);
  }
  assert.equal(hash(kernel, 60, 60, 7).length, 2 * 257);
});

test("a tiny picture has the bits and the quality 0", async () => {
  assert.equal(hash(await load(), 4, 900, 64), "00".repeat(257));
});
