// A file rewritten so that every browser shows the pixels as they are stored, and turns them alike.
//
// WebKit converts colours by the file's profile whatever a page asks for (measured with 2.50), so
// the profile is left out. Exif is reduced to the orientation that counts (`exif.ts`). A JPEG that
// broke off gets an end: browsers refuse such a file, or leave white what is missing; with an end
// they fill it as the server does. Nothing is copied: the browser puts the new file together from
// pieces of the old one.
import { crc32 } from './crc32';
import { orientationOf, plainExif } from './exif';

/** What to leave out, from the first byte to the one after the last, or to put in another's place. */
interface Change {
  readonly from: number;
  readonly to: number;
  readonly instead?: Uint8Array<ArrayBuffer>;
}

const JPEG_START = 2;
const JPEG_END = new Uint8Array([0xff, 0xd9]);
const ICC_PROFILE = 'ICC_PROFILE\0'; // ICC.1:2022, B.4
const EXIF = 'Exif\0'; // Exif 2.32, 4.7.2; a byte that fills up follows
const EXIF_AT = 4 + EXIF.length + 1;
const PNG_START = 8;
const PNG_COLOUR_CHUNKS = new Set(['iCCP', 'cICP', 'gAMA', 'cHRM', 'sRGB']); // PNG 11.3.2
const WEBP_FLAGS_AT = 20; // RFC 9649, 2.7.1
const WEBP_EXIF_FLAG = 0x08;

/** Return `file` without colour profile, with plain Exif and an end; `header` is its beginning. */
export function storedPixels(file: Blob, header: Uint8Array): Blob {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (isJpeg(header)) {
    const { changes, arithmetic } = changesOfJpeg(view);
    return changed(file, changes, arithmetic ? [] : [JPEG_END]);
  }
  if (startsWith(view, [0x89, 0x50, 0x4e, 0x47])) return changed(file, changesOfPng(view), []);
  return changed(file, changesOfWebp(view), []);
}

/** Tell whether a file that begins with these bytes is a JPEG. */
export function isJpeg(header: Uint8Array): boolean {
  return header[0] === 0xff && header[1] === 0xd8;
}

/**
 * ITU-T T.81, annex B: walk the segments up to the first scan.
 *
 * An arithmetic one that broke off gets no end: its decoder would make up what is missing.
 */
function changesOfJpeg(view: DataView): { changes: Change[]; arithmetic: boolean } {
  const changes: Change[] = [];
  let exif: DataView | null = null;
  let arithmetic = false;
  for (let at = JPEG_START; at + 4 <= view.byteLength && view.getUint8(at) === 0xff; ) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xda || marker === 0xd9) break;
    if (marker === 0xff) {
      at += 1; // fill byte
      continue;
    }
    const end = at + 2 + view.getUint16(at + 2);
    if (marker === 0xc9 || marker === 0xca) arithmetic = true;
    if (marker === 0xe2 && textAt(view, at + 4, ICC_PROFILE.length) === ICC_PROFILE)
      changes.push({ from: at, to: end });
    if (marker === 0xe1 && textAt(view, at + 4, EXIF.length) === EXIF && end <= view.byteLength) {
      // The first that holds anything counts.
      if (end > at + EXIF_AT) exif ??= part(view, at + EXIF_AT, end);
      changes.push({ from: at, to: end });
    }
    at = end;
  }
  const wrapped = (body: number[]) => [
    ...[0xff, 0xe1, 0, body.length + EXIF_AT - 2],
    ...bytesOf(EXIF),
    ...[0, ...body],
  ];
  return { changes: withExif(changes, JPEG_START, exif, wrapped), arithmetic };
}

/** PNG 5.3: walk the chunks up to the first of the picture itself. */
function changesOfPng(view: DataView): Change[] {
  const changes: Change[] = [];
  let exif: DataView | null = null;
  let afterHeader = 0;
  for (let at = PNG_START; at + 8 <= view.byteLength; ) {
    const type = textAt(view, at + 4, 4);
    if (type === 'IDAT') break;
    const end = at + 12 + view.getUint32(at);
    if (type === 'IHDR') afterHeader = end;
    if (PNG_COLOUR_CHUNKS.has(type)) changes.push({ from: at, to: end });
    if (type === 'eXIf' && end <= view.byteLength && afterHeader > 0) {
      // The first with a right checksum counts.
      const checked = part(view, at + 4, end - 4);
      if (crc32(bytesIn(checked)) === view.getUint32(end - 4)) exif ??= part(view, at + 8, end - 4);
      changes.push({ from: at, to: end });
    }
    at = end;
  }
  return withExif(changes, afterHeader, exif, (body) => {
    const checked = [...bytesOf('eXIf'), ...body];
    return [
      ...bytesOfUint32(body.length),
      ...checked,
      ...bytesOfUint32(crc32(new Uint8Array(checked))),
    ];
  });
}

/** WebP: Chromium and Firefox don't look at its Exif, and others are told that there is none. */
function changesOfWebp(view: DataView): Change[] {
  const isExtended = textAt(view, 0, 4) === 'RIFF' && textAt(view, 8, 8) === 'WEBPVP8X';
  if (!isExtended || view.byteLength <= WEBP_FLAGS_AT) return [];
  const flags = view.getUint8(WEBP_FLAGS_AT);
  if (!(flags & WEBP_EXIF_FLAG)) return [];
  const instead = new Uint8Array([flags & ~WEBP_EXIF_FLAG]);
  return [{ from: WEBP_FLAGS_AT, to: WEBP_FLAGS_AT + 1, instead }];
}

/** Return the changes with plain Exif put in at `place`, if the picture does not lie upright. */
function withExif(
  changes: Change[],
  place: number,
  exif: DataView | null,
  wrapped: (exif: number[]) => number[],
): Change[] {
  const orientation = exif ? orientationOf(exif) : 1;
  if (orientation === 1) return changes;
  const instead = new Uint8Array(wrapped(plainExif(orientation)));
  return [{ from: place, to: place, instead }, ...changes];
}

function changed(file: Blob, changes: readonly Change[], appendix: BlobPart[]): Blob {
  if (changes.length === 0 && appendix.length === 0) return file;
  const pieces: BlobPart[] = [];
  let kept = 0;
  for (const { from, to, instead } of changes) {
    pieces.push(file.slice(kept, from));
    if (instead) pieces.push(instead);
    kept = to;
  }
  return new Blob([...pieces, file.slice(kept), ...appendix], { type: file.type });
}

function startsWith(view: DataView, bytes: readonly number[]): boolean {
  return view.byteLength >= bytes.length && bytes.every((byte, at) => view.getUint8(at) === byte);
}

function part(view: DataView, from: number, to: number): DataView {
  return new DataView(view.buffer, view.byteOffset + from, to - from);
}

function bytesIn(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function bytesOf(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

function bytesOfUint32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

function textAt(view: DataView, at: number, length: number): string {
  const end = Math.min(at + length, view.byteLength);
  let text = '';
  for (let place = at; place < end; place += 1) text += String.fromCharCode(view.getUint8(place));
  return text;
}
