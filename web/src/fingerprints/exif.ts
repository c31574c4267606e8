// The orientation that Exif states, read as Chromium reads it; the server does the same.
//
// Browsers differ over odd Exif (Firefox takes the last of two entries, and another segment than
// Chromium), and so a file is given to them with the one entry that counts, in its plainest form.
// tests/vectors/exif.json holds this and takeback.media.orientation to one rule.

const TAG = 0x0112; // Exif 2.32, 4.6.4
const EXIF_DIRECTORY = 0x8769; // 4.6.3
const SHORT = 3;
const LONG = 4;
const ENTRY_BYTES = 12;
const HEADER_BYTES = 8;
const MOST = 8;
const LITTLE = 0x49492a00; // "II*\0"
const BIG = 0x4d4d002a; // "MM\0*"

/** Return 1 to 8; 1, upright, where nothing else is stated in the right form. */
export function orientationOf(exif: DataView): number {
  if (exif.byteLength < HEADER_BYTES) return 1;
  const order = exif.getUint32(0);
  if (order !== LITTLE && order !== BIG) return 1;
  const little = order === LITTLE;
  return inDirectory(exif, little, exif.getUint32(4, little), true) ?? 1;
}

function inDirectory(
  exif: DataView,
  little: boolean,
  directory: number,
  root: boolean,
): number | null {
  if (directory + 2 > exif.byteLength) return null;
  const there = Math.floor((exif.byteLength - directory - 2) / ENTRY_BYTES);
  const entries = Math.min(exif.getUint16(directory, little), there);
  for (let entry = 0; entry < entries; entry += 1) {
    const at = directory + 2 + entry * ENTRY_BYTES;
    const tag = exif.getUint16(at, little);
    const type = exif.getUint16(at + 2, little);
    if (exif.getUint32(at + 4, little) !== 1) continue;
    const value = exif.getUint16(at + 8, little);
    if (tag === TAG && type === SHORT && value >= 1 && value <= MOST) return value;
    if (root && tag === EXIF_DIRECTORY && type === LONG) {
      const found = inDirectory(exif, little, exif.getUint32(at + 8, little), false);
      if (found !== null) return found;
    }
  }
  return null;
}

/** Return Exif that states this orientation and nothing else. */
export function plainExif(orientation: number): number[] {
  const entry = [TAG >> 8, TAG & 255, 0, SHORT, 0, 0, 0, 1, 0, orientation, 0, 0];
  return [0x4d, 0x4d, 0, 42, 0, 0, 0, HEADER_BYTES, 0, 1, ...entry, 0, 0, 0, 0];
}
