// Getting pixels out of the browser unchanged: two ways, each checked before it is trusted.
//
// Browsers that guard against tracking change what a page reads from a canvas, from a flipped low
// bit (Brave, Firefox and Safari in private windows) to pure noise (Tor Browser, Firefox's
// `resistFingerprinting`). So a known pattern goes through each way first. See docs/browser.md.
import { layOnWhite } from './white';

/** One way to read rows of a decoded picture as opaque RGBA. */
export interface Readback {
  read(picture: ImageBitmap, top: number, rows: number): Promise<Uint8ClampedArray>;
}

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

// `alpha: false` and the white ground lay transparency on white; `willReadFrequently` keeps the
// canvas in ordinary memory, away from graphics drivers that round as they please.
const CONTEXT: CanvasRenderingContext2DSettings = {
  alpha: false,
  colorSpace: 'srgb',
  willReadFrequently: true,
};

/** Draws on a canvas and reads it; every browser can. */
class CanvasReadback implements Readback {
  private context: Context | null = null;

  async read(picture: ImageBitmap, top: number, rows: number): Promise<Uint8ClampedArray> {
    const context = this.sized(picture.width, rows);
    context.fillStyle = '#fff';
    context.fillRect(0, 0, picture.width, rows);
    context.drawImage(picture, 0, top, picture.width, rows, 0, 0, picture.width, rows);
    return context.getImageData(0, 0, picture.width, rows).data;
  }

  private sized(width: number, height: number): Context {
    const canvas = this.context?.canvas;
    if (this.context && canvas?.width === width && canvas.height === height) return this.context;
    const context = newCanvas(width, height).getContext('2d', CONTEXT) as Context | null;
    if (!context) throw new DOMException('This browser gives no canvas.', 'NotSupportedError');
    context.imageSmoothingEnabled = false;
    this.context = context;
    return context;
  }
}

/** Copies a video frame made from the picture; not a canvas, so rarely guarded. */
class FrameReadback implements Readback {
  async read(picture: ImageBitmap, top: number, rows: number): Promise<Uint8ClampedArray> {
    const frame = new VideoFrame(picture, { timestamp: 0, alpha: 'keep' });
    try {
      const { format } = frame;
      if (format !== 'RGBA' && format !== 'RGBX' && format !== 'BGRA' && format !== 'BGRX')
        throw new DOMException(`A frame came as ${format}.`, 'NotSupportedError');
      const rect = { x: 0, y: top, width: picture.width, height: rows };
      const rgba = new Uint8ClampedArray(picture.width * rows * 4);
      await frame.copyTo(rgba, { rect, layout: [{ offset: 0, stride: picture.width * 4 }] });
      if (format.startsWith('B')) swapRedAndBlue(rgba);
      if (format.endsWith('X')) makeOpaque(rgba);
      layOnWhite(rgba);
      return rgba;
    } finally {
      frame.close();
    }
  }
}

const PATTERN_SIDE = 64;

/** Mean absolute difference a channel, 0–255, up to which a way is trusted: PDQ blurs it away. */
export const FAINT_NOISE = 2;

/** Return the first of `ways` that gives a known pattern back, or null when none does. */
export async function truthfulReadback(ways: readonly Readback[]): Promise<Readback | null> {
  for (const way of ways) {
    try {
      const pattern = new ImageData(knownPattern(), PATTERN_SIDE, PATTERN_SIDE);
      const picture = await createImageBitmap(pattern);
      try {
        const seen = await way.read(picture, 0, PATTERN_SIDE);
        if (meanDifference(seen, pattern.data) <= FAINT_NOISE) return way;
      } finally {
        picture.close();
      }
    } catch {
      // This browser lacks this way; the next one may work.
    }
  }
  return null;
}

/** The ways of this browser, best first. */
export function readbacks(): Readback[] {
  return typeof VideoFrame === 'undefined'
    ? [new CanvasReadback()]
    : [new CanvasReadback(), new FrameReadback()];
}

/** An opaque picture of slopes and steps: guards leave plain areas alone, so it has none. */
export function knownPattern(): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(PATTERN_SIDE * PATTERN_SIDE * 4);
  for (let at = 0, pixel = 0; at < rgba.length; at += 4, pixel += 1) {
    const x = pixel % PATTERN_SIDE;
    const y = Math.floor(pixel / PATTERN_SIDE);
    rgba[at] = x * 4;
    rgba[at + 1] = y * 4;
    rgba[at + 2] = ((x ^ y) * 37) & 255;
    rgba[at + 3] = 255;
  }
  return rgba;
}

/** Mean absolute difference of two equally long runs of bytes; infinite when lengths differ. */
export function meanDifference(left: ArrayLike<number>, right: ArrayLike<number>): number {
  if (left.length !== right.length || left.length === 0) return Number.POSITIVE_INFINITY;
  let sum = 0;
  for (let at = 0; at < left.length; at += 1) sum += Math.abs((left[at] ?? 0) - (right[at] ?? 0));
  return sum / left.length;
}

function newCanvas(width: number, height: number): OffscreenCanvas | HTMLCanvasElement {
  if (typeof OffscreenCanvas !== 'undefined') return new OffscreenCanvas(width, height);
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

function swapRedAndBlue(rgba: Uint8ClampedArray): void {
  for (let at = 0; at < rgba.length; at += 4) {
    const first = rgba[at] ?? 0;
    rgba[at] = rgba[at + 2] ?? 0;
    rgba[at + 2] = first;
  }
}

function makeOpaque(rgba: Uint8ClampedArray): void {
  for (let at = 3; at < rgba.length; at += 4) rgba[at] = 255;
}
