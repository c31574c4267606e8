// What a file is by its first bytes: a picture, a video or neither. Names and declared types lie.
//
// Pictures are told as `takeback.media.sniffing` tells them, and `tests/vectors/file_kinds.json`
// holds both to it. A few more kinds count as pictures here, of which nobody makes a PDQ.

/** What can be listed; of a `video` only exact fingerprints are made. */
export type ListedKind = 'picture' | 'video';

/** What a file is; `other` is refused. */
export type FileKind = ListedKind | 'other';

/** Bytes from the start of a file that are looked at: five packets of MPEG-TS, 192 bytes each. */
export const HEAD_BYTES = 1024;

/** Latin-1 text that stands at `at`, 0 unless given; each must be there. */
type Signature = readonly { readonly at?: number; readonly text: string }[];

const PICTURES: readonly Signature[] = [
  [{ text: '\xff\xd8\xff' }], // JPEG: ITU-T T.81, B.1.1
  [{ text: '\x89PNG\r\n\x1a\n' }], // PNG, third edition, 5.2
  [{ text: 'GIF87a' }], // GIF89a specification, 17
  [{ text: 'GIF89a' }],
  [{ text: 'RIFF' }, { at: 8, text: 'WEBP' }], // WebP: RFC 9649, 2.4
  [{ text: 'II*\0' }], // TIFF 6.0, section 2; most raw formats of cameras, DNG among them
  [{ text: 'MM\0*' }],
  [{ text: 'II+\0' }], // BigTIFF
  [{ text: 'MM\0+' }],
  [{ text: '\xff\x0a' }], // JPEG XL, bare: ISO/IEC 18181-1
  [{ text: '\0\0\0\x0cJXL \r\n\x87\n' }], // JPEG XL in boxes: ISO/IEC 18181-2
  [{ text: '\0\0\0\x0cjP  \r\n\x87\n' }], // JPEG 2000: ISO/IEC 15444-1, I.5.1
];

const VIDEOS: readonly Signature[] = [
  [{ text: '\x1a\x45\xdf\xa3' }], // Matroska and WebM: RFC 8794, 11.2.1
  [{ text: 'RIFF' }, { at: 8, text: 'AVI ' }], // AVI: Microsoft, "AVI RIFF File Reference"
  [{ text: '\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c' }], // ASF (WMV), 3.1
  [{ text: 'FLV\x01' }], // FLV: Adobe, "Video File Format Specification" 10.1, E.2
  [{ text: '\0\0\x01\xba' }], // MPEG program stream: ISO/IEC 13818-1, 2.5.3.3
  [{ text: '\0\0\x01\xb3' }], // MPEG video alone: ISO/IEC 13818-2, 6.2.2.1
];

// BMP: the sizes of the header behind the 14 bytes of BITMAPFILEHEADER, OS/2 and Windows.
const BMP_HEADER_SIZES = new Set([12, 16, 40, 52, 56, 64, 108, 124]);

// The file type box, ISO/IEC 14496-12, 4.3; brands as registered at mp4ra.org.
const PICTURE_BRANDS = new Set([
  ...['avif', 'avis'],
  ...['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs'],
  ...['mif1', 'mif2', 'msf1'],
  ...['avci', 'avcs', 'crx '], // HEIF of H.264 (ISO/IEC 23008-12, annex E), Canon's CR3
]);
const SOUND_BRANDS = new Set(['M4A ', 'M4B ', 'M4P ', 'F4A ', 'F4B ']);
const SHORTEST_BRANDS = 16; // length and type of the box, major brand and its version
const MOST_BRANDS = 64;

// Films from before there was a file type box: Apple, "QuickTime File Format", 2001, chapter 1.
const QUICKTIME_BOXES = new Set(['moov', 'mdat', 'wide', 'free', 'skip', 'pnot']);
const BOX_HEADER = 8;

// Ogg: RFC 3533, 6; what is in it stands at the start of each stream's first page.
const OGG = 'OggS';
const OGG_VIDEOS = ['\x80theora', 'BBCD\0', 'OVP80\x01'];

// MPEG transport stream: ISO/IEC 13818-1, 2.4.3.2; cameras put four bytes of time before each packet.
const TS_LAYOUTS = [
  { first: 0, packet: 188 },
  { first: 4, packet: 192 },
];
const TS_SYNC = 0x47;
const TS_PACKETS = 5;

/** Read the beginning of `file` and say what it is. Rejects with the browser's DOMException. */
export async function fileKind(file: Blob): Promise<FileKind> {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  return kindOfBytes(head, file.size);
}

/** Say what a file of `size` bytes is that begins with `head`. */
export function kindOfBytes(head: Uint8Array, size: number): FileKind {
  const text = String.fromCharCode(...head.subarray(0, HEAD_BYTES));
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const begins = (signature: Signature) =>
    signature.every(({ at, text: part }) => text.startsWith(part, at));
  if (PICTURES.some(begins) || isBmp(text, view)) return 'picture';
  if (VIDEOS.some(begins)) return 'video';
  if (text.startsWith('ftyp', 4)) return kindOfBrands(text, view);
  if (isOldQuickTime(text, view, size) || isOggVideo(text) || isTransportStream(head))
    return 'video';
  return 'other';
}

/**
 * A picture's brand counts wherever it stands, as on the server and in Chromium: a film that is
 * taken for a picture still has its exact fingerprints, a picture taken for a film loses its PDQ.
 * Of brands that are not known here most are those of cameras' films.
 */
function kindOfBrands(text: string, view: DataView): FileKind {
  const end = Math.min(view.getUint32(0), text.length, SHORTEST_BRANDS + 4 * MOST_BRANDS);
  const major = text.slice(8, 12);
  if (PICTURE_BRANDS.has(major)) return 'picture';
  for (let at = SHORTEST_BRANDS; at + 4 <= end; at += 4)
    if (PICTURE_BRANDS.has(text.slice(at, at + 4))) return 'picture';
  return end < SHORTEST_BRANDS || SOUND_BRANDS.has(major) ? 'other' : 'video';
}

function isBmp(text: string, view: DataView): boolean {
  return (
    text.startsWith('BM') && text.length >= 18 && BMP_HEADER_SIZES.has(view.getUint32(14, true))
  );
}

/** The box must fit into the file: "The wide sea", too, has the name of a box at its fifth byte. */
function isOldQuickTime(text: string, view: DataView, size: number): boolean {
  if (text.length < BOX_HEADER || !QUICKTIME_BOXES.has(text.slice(4, 8))) return false;
  const length = view.getUint32(0);
  const toTheEndOrLong = length === 0 || length === 1;
  return toTheEndOrLong ? text.startsWith('mdat', 4) : length >= BOX_HEADER && length <= size;
}

function isOggVideo(text: string): boolean {
  return text.startsWith(OGG) && OGG_VIDEOS.some((codec) => text.includes(codec));
}

function isTransportStream(head: Uint8Array): boolean {
  return TS_LAYOUTS.some(({ first, packet }) =>
    Array.from({ length: TS_PACKETS }, (_, at) => head[first + at * packet]).every(
      (byte) => byte === TS_SYNC,
    ),
  );
}
