// The top of a JPEG twice, as its data stands and with other bytes behind it: what differs between
// the two was not in the file. `takeback.media.formats.jpeg_data` on the server asks in this way.
//
// Of a picture that is nearly all of the grey that decoders leave where they have nothing, this
// tells which it is. Both files are put together here and decoded by the browser.

/** As `LEAST_SHARE` in takeback.media.formats.share. */
export const LEAST_SHARE = 1 / 16;

const BLOCK = 8;
const MOST_SEGMENTS = 10_000;
const MOST_RESTARTS = 1024;
const COMMENT = 0xfe;
const END = [0xff, 0xd9];
/** Levels: guards against tracking change the lowest bits. */
const NOISE = 4;
/** Pixels of a block, across and down, that are looked at: colour bleeds over its edges. */
const MIDDLE = [2, 3, 4, 5];
const OTHER_BYTES = Array.from({ length: 82 }, (_, at) => 7 + 3 * at);

/** Two JPEGs of the same top, in which `together` rows of blocks are stored as one. */
interface JpegTop {
  readonly asItStands: Uint8Array<ArrayBuffer>;
  readonly withOthers: Uint8Array<ArrayBuffer>;
  /** Of the whole picture, in pixels. */
  readonly height: number;
  readonly together: number;
}

interface Parts {
  readonly frame: number;
  /** Where the data of the first pass over the first component begins, and where it ends. */
  readonly scan: number;
  readonly end: number;
  readonly together: number;
  readonly restarts: boolean;
  /** Where segments are that may turn the picture. */
  readonly exif: readonly number[];
  /** Scans that say that no block has details: else what is missing is smoothed over. */
  readonly details: readonly number[];
}

/** Return the top of a Huffman-coded JPEG; null if there is none, or another coding. */
export function jpegTop(file: Uint8Array): JpegTop | null {
  const parts = partsOf(file);
  if (!parts) return null;
  const height = uint16(file, parts.frame + 5);
  const rows = Math.ceil(Math.ceil(height / BLOCK) * LEAST_SHARE);
  const top = Math.min(height, Math.ceil(rows / parts.together) * parts.together * BLOCK);
  const header = file.slice(0, parts.scan);
  header[parts.frame + 5] = top >>> 8;
  header[parts.frame + 6] = top & 255;
  for (const at of parts.exif) header[at + 1] = COMMENT;
  let end = parts.end;
  while (end > parts.scan && file[end - 1] === 0xff) end -= 1;
  const scan = file.subarray(parts.scan, end);
  const { pieces, next } = restarted(scan);
  const many = new Uint8Array(OTHER_BYTES.length * 64).map(
    (_, at) => OTHER_BYTES[at % OTHER_BYTES.length] ?? 0,
  );
  pieces.push(many);
  for (let turn = 0; parts.restarts && turn < 8; turn += 1)
    pieces.push(new Uint8Array([0xff, 0xd0 + ((next + turn) % 8)]), many);
  const behind = new Uint8Array([...parts.details, ...END]);
  return {
    asItStands: joined([header, scan, behind]),
    withOthers: joined([header, ...pieces, behind]),
    height,
    together: parts.together,
  };
}

/**
 * Return the share of the picture that data was found for, from the RGBA of both tops.
 *
 * Before the first block that differs all is there; behind it, what was not left `grey`.
 */
export function shareThere(
  top: JpegTop,
  width: number,
  first: Uint8ClampedArray,
  second: Uint8ClampedArray,
  grey: number,
): number {
  const columns = Math.ceil(width / BLOCK);
  const height = first.length / 4 / width;
  const rows = Math.ceil(height / BLOCK);
  const differs = new Uint8Array(rows * columns);
  const shows = new Uint8Array(rows * columns);
  for (let block = 0; block < differs.length; block += 1) {
    const left = (block % columns) * BLOCK;
    const above = Math.floor(block / columns) * BLOCK;
    for (const down of MIDDLE)
      for (const across of MIDDLE) {
        const pixel =
          Math.min(above + down, height - 1) * width + Math.min(left + across, width - 1);
        for (let at = 4 * pixel; at < 4 * pixel + 3; at += 1) {
          const value = first[at] ?? 0;
          if (Math.abs(value - (second[at] ?? 0)) > NOISE) differs[block] = 1;
          if (Math.abs(value - grey) > 1) shows[block] = 1;
        }
      }
  }
  const total = Math.ceil(top.height / BLOCK) * columns;
  const begin = differs.indexOf(1);
  if (begin < 0) return (rows * columns) / total;
  const row = Math.floor(Math.floor(begin / columns) / top.together) * top.together;
  const below = Math.min(row + top.together, rows);
  let column = columns;
  for (let block = row * columns; block < below * columns; block += 1)
    if (differs[block]) column = Math.min(column, block % columns);
  let there = row * columns;
  for (let block = row * columns; block < rows * columns; block += 1) {
    const isBefore = block < below * columns && block % columns < column;
    if (isBefore || (!differs[block] && shows[block])) there += 1;
  }
  return there / total;
}

/** ITU-T T.81, annex B: walk the segments to the first scan that holds the first component. */
function partsOf(file: Uint8Array): Parts | null {
  let frame = -1;
  let components: Uint8Array = new Uint8Array();
  let restarts = false;
  const exif: number[] = [];
  let at = 2;
  for (let segments = 0; segments < MOST_SEGMENTS; segments += 1) {
    at = nextMarker(file, at);
    const marker = file[at + 1];
    if (marker === undefined || marker === END[1] || at + 4 > file.length) return null;
    if (marker === 0xc9 || marker === 0xca) return null; // its decoder makes up what is missing
    const end = at + 2 + Math.max(2, uint16(file, at + 2));
    if (marker >= 0xc0 && marker <= 0xc2 && frame < 0) {
      frame = at;
      components = file.subarray(at + 10, at + 10 + 3 * (file[at + 9] ?? 0));
    } else if (marker === 0xe1) {
      exif.push(at);
    } else if (marker === 0xdd) {
      restarts = file.subarray(at + 4, end).some((byte) => byte !== 0);
    } else if (marker === 0xda && frame >= 0) {
      const held = file.subarray(at + 5, end - 3).filter((_, index) => index % 2 === 0);
      if (held.includes(components[0] ?? -1)) {
        const factors = components.filter((_, index) => index % 3 === 1);
        const highest = Math.max(...Array.from(factors, (factor) => factor & 15));
        return {
          frame,
          scan: end,
          end: nextMarker(file, end),
          together: factors.length > 1 ? Math.min(Math.max(1, highest), 4) : 1,
          restarts,
          exif,
          details: file[frame + 1] === 0xc2 ? noDetails(components) : [],
        };
      }
    }
    at = end;
  }
  return null;
}

/** A Huffman table of one code, and for each component a scan (B.2.3) that has nothing to say. */
function noDetails(components: Uint8Array): number[] {
  const table = [0xff, 0xc4, 0, 0x14, 0x13, 1, ...new Array<number>(16).fill(0)];
  const identifiers = components.filter((_, index) => index % 3 === 0);
  return [...identifiers].reduce(
    (scans, identifier) => scans.concat([0xff, 0xda, 0, 8, 1, identifier, 3, 1, 63, 0]),
    table,
  );
}

/** Put other bytes before restart markers; return the pieces, and which restart comes next. */
function restarted(scan: Uint8Array): { pieces: Uint8Array[]; next: number } {
  const pieces: Uint8Array[] = [];
  const others = new Uint8Array(OTHER_BYTES);
  let kept = 0;
  let next = 0;
  for (let at = scan.indexOf(0xff); at >= 0; at = scan.indexOf(0xff, at + 1)) {
    const marker = scan[at + 1] ?? 0;
    if (marker < 0xd0 || marker > 0xd7) continue;
    next = (marker + 1 - 0xd0) % 8;
    if (pieces.length >= 2 * MOST_RESTARTS) continue;
    pieces.push(scan.subarray(kept, at), others);
    kept = at;
  }
  return { pieces: [...pieces, scan.subarray(kept)], next };
}

/** Return where the next marker is that isn't a restart; the file's length if none is. */
function nextMarker(file: Uint8Array, from: number): number {
  for (let at = file.indexOf(0xff, from); at >= 0; at = file.indexOf(0xff, at + 1)) {
    const marker = file[at + 1] ?? 0;
    if (marker >= 2 && marker !== 0xff && (marker < 0xd0 || marker > 0xd8)) return at;
  }
  return file.length;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function uint16(file: Uint8Array, at: number): number {
  return ((file[at] ?? 0) << 8) | (file[at + 1] ?? 0);
}
