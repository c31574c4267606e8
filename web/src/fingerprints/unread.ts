// How much of a JPEG was not in its file: the server refuses one that shows hardly anything.
//
// libjpeg, by which every browser reads, leaves blocks that it has no data for in a middle grey.

const GREY = 128;
const CMYK_GREY = 64; // the same, once black is taken into account

/** Pixels; one of each block of a JPEG is looked at. */
const STEP = 8;

/** As `LEAST_SHARE` in takeback.media.formats.share. */
const LEAST_SHARE = 1 / 16;

/** Counts, strip by strip, the blocks that look unread. */
export class UnreadBlocks {
  private looked = 0;
  private grey = 0;

  private readonly unread: number;

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

  /** Whether less than the least share was read; so looks a picture of nothing but this grey. */
  get hardlyRead(): boolean {
    return this.grey > (1 - LEAST_SHARE) * this.looked;
  }
}
