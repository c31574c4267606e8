// How much of a JPEG was not in its file: the server refuses one of which hardly anything was.
//
// libjpeg, by which every browser reads, leaves blocks that it has no data for in a middle grey.
// What is mostly of that grey may be a picture all the same: its data is asked (`jpeg-top.ts`).
import { decodePicture } from './decode';
import { jpegTop, LEAST_SHARE, shareThere } from './jpeg-top';
import type { Readback } from './readback';

const GREY = 128;
const CMYK_GREY = 64; // the same, once black is taken into account

/** Pixels; one of each block of a JPEG is looked at. */
const STEP = 8;

/** As `_SHOWS_ENOUGH` in takeback.media.formats.jpeg. */
const SHOWS_ENOUGH = 1 / 4;

/** Counts, strip by strip, the blocks that look unread. */
export class UnreadBlocks {
  private looked = 0;
  private grey = 0;

  /** The level, of all three colours, of blocks without data. */
  readonly unread: number;

  /** `cmyk`: whether the file stores four colours, whose middle is darker. */
  constructor(cmyk = false) {
    this.unread = cmyk ? CMYK_GREY : GREY;
  }

  /** Look at a strip: RGBA of rows of `width` pixels, of which the first is row `top`. */
  add(rgba: Uint8ClampedArray, width: number, top: number): void {
    const rows = rgba.length / (4 * width);
    const first = ((((STEP >> 1) - top) % STEP) + STEP) % STEP;
    for (let row = first; row < rows; row += STEP)
      for (let column = Math.min(width, STEP) >> 1; column < width; column += STEP) {
        const at = 4 * (row * width + column);
        const red = rgba[at] ?? 0;
        this.looked += 1;
        if (red === this.unread && red === rgba[at + 1] && red === rgba[at + 2]) this.grey += 1;
      }
  }

  /** Whether it may be that less than the least share was read; so looks much of this grey, too. */
  get suspect(): boolean {
    return this.grey > (1 - SHOWS_ENOUGH) * this.looked;
  }
}

/**
 * Tell whether there is data for less than the least share of a JPEG; `unread` is as above.
 *
 * Of an arithmetic one nothing can be told so: a decoder leaves none of it grey.
 */
export async function hardlyThere(file: Blob, unread: number, way: Readback): Promise<boolean> {
  const top = jpegTop(new Uint8Array(await file.arrayBuffer()));
  if (!top) return false;
  const tops: { width: number; rgba: Uint8ClampedArray }[] = [];
  for (const jpeg of [top.asItStands, top.withOthers]) {
    const picture = await decodePicture(new Blob([jpeg]));
    try {
      const rgba = await way.read(picture, 0, picture.height);
      tops.push({ width: picture.width, rgba });
    } finally {
      picture.close();
    }
  }
  const [first, second] = tops;
  if (!first || !second || first.rgba.length !== second.rgba.length) return true;
  return shareThere(top, first.width, first.rgba, second.rgba, unread) < LEAST_SHARE;
}
