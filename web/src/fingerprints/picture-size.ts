// Width times height from the first bytes of a file, so that a giant is never decoded.
//
// Decoding a picture that is too large can end the whole page on a phone, and all that was typed
// with it. Formats that are not read here are bounded by the size of the file alone.

/** How much of the file is looked at. Cameras put previews before the size; few exceed this. */
export const HEADER_BYTES = 1 << 20;

/** Return the number of pixels that the header of a JPEG, PNG, WebP or GIF announces, or null. */
export function announcedPixels(header: Uint8Array): number | null {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  try {
    if (view.getUint32(0) === 0x89504e47) return png(view);
    if (view.getUint32(0) === 0x47494638) return view.getUint16(6, true) * view.getUint16(8, true); // GIF
    if (view.getUint32(0) === 0x52494646 && view.getUint32(8) === 0x57454250) return webp(view);
    if (view.getUint16(0) === 0xffd8) return jpeg(view);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // the header is cut short
  }
  return null;
}

/** PNG, third edition, 11.2.1: in the header, before which Apple's own PNGs have one chunk more. */
function png(view: DataView): number {
  let at = 8;
  while (view.getUint32(at + 4) !== 0x49484452) at += 12 + view.getUint32(at); // IHDR
  return view.getUint32(at + 8) * view.getUint32(at + 12);
}

/** RFC 9649: the size is in the first chunk, in one of three ways. */
function webp(view: DataView): number | null {
  const chunk = view.getUint32(12);
  if (chunk === 0x56503858) return (1 + uint24(view, 24)) * (1 + uint24(view, 27)); // VP8X
  if (chunk === 0x5650384c) {
    const bits = view.getUint32(21, true); // VP8L: 14 bits each, less one
    return (1 + (bits & 0x3fff)) * (1 + ((bits >>> 14) & 0x3fff));
  }
  if (chunk === 0x56503820)
    return (view.getUint16(26, true) & 0x3fff) * (view.getUint16(28, true) & 0x3fff);
  return null;
}

/** Return how many components a JPEG has, 4 being CMYK or YCCK; null where the header is no JPEG's. */
export function jpegComponents(header: Uint8Array): number | null {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  try {
    const frame = view.getUint16(0) === 0xffd8 ? jpegFrame(view) : null;
    return frame === null ? null : view.getUint8(frame + 9);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // the header is cut short
    return null;
  }
}

function jpeg(view: DataView): number | null {
  const frame = jpegFrame(view);
  return frame === null ? null : view.getUint16(frame + 5) * view.getUint16(frame + 7);
}

/** ITU-T T.81, annex B: walk the segments to the first frame header (SOF); return where it is. */
function jpegFrame(view: DataView): number | null {
  for (let at = 2; ; ) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1; // fill byte
      continue;
    }
    const startOfFrame =
      marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (startOfFrame) return at;
    if (marker === 0xda || marker === 0xd9) return null;
    at += 2 + view.getUint16(at + 2);
  }
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
}
