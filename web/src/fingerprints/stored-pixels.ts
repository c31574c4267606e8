// A file rewritten so that every browser shows the pixels as they are stored.
//
// WebKit converts colours by the file's profile whatever a page asks for (measured with 2.50), so
// the profile is left out. A JPEG that broke off gets an end: browsers refuse such a file, or leave
// white what is missing; with an end they fill it as the server does. Nothing is copied: the
// browser puts the new file together from pieces of the old one.

/** From the first byte to the one after the last. */
type Range = readonly [number, number];

const JPEG_END = new Uint8Array([0xff, 0xd9]);
const ICC_PROFILE = 'ICC_PROFILE\0'; // ICC.1:2022, B.4
const PNG_COLOUR_CHUNKS = new Set(['iCCP', 'cICP', 'gAMA', 'cHRM', 'sRGB']); // PNG 11.3.2

/** Return `file` without colour profile and with an end; `header` is its beginning. */
export function storedPixels(file: Blob, header: Uint8Array): Blob {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (startsWith(view, [0xff, 0xd8])) return without(file, profileOfJpeg(view), [JPEG_END]);
  if (startsWith(view, [0x89, 0x50, 0x4e, 0x47])) return without(file, colourOfPng(view), []);
  return file;
}

/** ITU-T T.81, annex B: walk the segments up to the first scan. */
function profileOfJpeg(view: DataView): Range[] {
  const ranges: Range[] = [];
  for (let at = 2; at + 4 <= view.byteLength && view.getUint8(at) === 0xff; ) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xda || marker === 0xd9) break;
    if (marker === 0xff) {
      at += 1; // fill byte
      continue;
    }
    const end = at + 2 + view.getUint16(at + 2);
    if (marker === 0xe2 && textAt(view, at + 4, ICC_PROFILE.length) === ICC_PROFILE)
      ranges.push([at, end]);
    at = end;
  }
  return ranges;
}

/** PNG 5.3: walk the chunks up to the first of the picture itself. */
function colourOfPng(view: DataView): Range[] {
  const ranges: Range[] = [];
  for (let at = 8; at + 8 <= view.byteLength; ) {
    const type = textAt(view, at + 4, 4);
    if (type === 'IDAT') break;
    const end = at + 12 + view.getUint32(at);
    if (PNG_COLOUR_CHUNKS.has(type)) ranges.push([at, end]);
    at = end;
  }
  return ranges;
}

function without(file: Blob, ranges: readonly Range[], appendix: BlobPart[]): Blob {
  const pieces: BlobPart[] = [];
  let kept = 0;
  for (const [from, to] of ranges) {
    pieces.push(file.slice(kept, from));
    kept = to;
  }
  return new Blob([...pieces, file.slice(kept), ...appendix], { type: file.type });
}

function startsWith(view: DataView, bytes: readonly number[]): boolean {
  return view.byteLength >= bytes.length && bytes.every((byte, at) => view.getUint8(at) === byte);
}

function textAt(view: DataView, at: number, length: number): string {
  const end = Math.min(at + length, view.byteLength);
  let text = '';
  for (let place = at; place < end; place += 1) text += String.fromCharCode(view.getUint8(place));
  return text;
}
