// One file → its fingerprints. Runs in the worker, and on the page where workers have no canvas.
import { decodePicture, NoPixels, type PixelProblem } from './decode';
import { type Digests, digestFile } from './digests';
import { type Kernel, type Pdq, startPicture } from './kernel';
import { MAX_BYTES, MAX_PIXELS, STRIP_PIXELS } from './limits';
import { listedCrops } from './listed-crops';
import { announcedPixels, HEADER_BYTES, jpegComponents } from './picture-size';
import { type Readback, readbacks, truthfulReadback } from './readback';
import { isJpeg, storedPixels } from './stored-pixels';
import { hardlyThere, UnreadBlocks } from './unread';

const CMYK_COMPONENTS = 4;

/** What is known of a file. `problem` says why `pdq` is null. */
export interface FileFingerprints extends Digests {
  readonly pdq: Pdq | null;
  /** Of the parts in `listedCrops`, in their order; none without `pdq`. */
  readonly crops: readonly Pdq[];
  readonly problem: PixelProblem | null;
}

/** A decoded picture, the file that was decoded, and of a JPEG what counts its unread blocks. */
interface Decoded {
  readonly bitmap: ImageBitmap;
  readonly stored: Blob;
  readonly unread: UnreadBlocks | null;
}

/** Hears the share done, 0 to 1. */
export type OnProgress = (share: number) => void;

// Where on the bar each part ends, by the time it takes on a phone.
const DIGESTS_DONE = 0.4;
const DECODED = 0.6;
const READ = 0.9;

/** Fingerprints files one at a time, and keeps what it learnt of the browser between them. */
export class FileFingerprinter {
  private readback: Promise<Readback | null> | undefined;
  private readonly loadKernel: () => Promise<Kernel>;
  private kernel: Kernel | null = null;

  /** `loadKernel` is asked with the first picture, and again with the next one when it fails. */
  constructor(loadKernel: () => Promise<Kernel>) {
    this.loadKernel = loadKernel;
  }

  /** Have the kernel before the first picture comes; without a word where it can't be had yet. */
  async warmUp(): Promise<void> {
    await this.kernelOrNoPixels().catch(() => undefined);
  }

  /**
   * Return the fingerprints of `file`. Without `pixels`, only the exact ones: nothing is decoded.
   *
   * Rejects with the browser's DOMException when the file can't be read at all, and with what
   * `onProgress` throws while it is read; a picture that
   * can be read but not decoded still has its exact fingerprints, and so has every picture
   * while the kernel can't be had.
   */
  async fingerprint(
    file: Blob,
    pixels: boolean,
    onProgress: OnProgress,
  ): Promise<FileFingerprints> {
    // Decoding goes on beside the digests: browsers do it on a thread of their own.
    const picture = pixels ? this.decode(file) : Promise.reject(new NoPixels('undecodable'));
    picture.catch(() => undefined); // looked at below, after the digests
    let digests: Digests;
    try {
      const whole = pixels ? DIGESTS_DONE : 1;
      digests = await digestFile(file, (share) => onProgress(share * whole));
    } catch (error) {
      await picture.then(
        (decoded) => decoded.bitmap.close(),
        () => undefined,
      );
      throw error;
    }
    try {
      const { pdq, crops } = await this.pdqsOf(await picture, onProgress);
      onProgress(1);
      return { ...digests, pdq, crops, problem: null };
    } catch (error) {
      onProgress(1);
      // Whatever else goes wrong with pixels (memory above all) must not cost the exact ones.
      const problem = error instanceof NoPixels ? error.problem : 'too-large';
      return { ...digests, pdq: null, crops: [], problem };
    }
  }

  private async decode(file: Blob): Promise<Decoded> {
    if (file.size > MAX_BYTES) throw new NoPixels('too-large');
    const header = new Uint8Array(await file.slice(0, HEADER_BYTES).arrayBuffer());
    if ((announcedPixels(header) ?? 0) > MAX_PIXELS) throw new NoPixels('too-large');
    const stored = storedPixels(file, header);
    const bitmap = await decodePicture(stored);
    if (bitmap.width * bitmap.height > MAX_PIXELS) {
      bitmap.close();
      throw new NoPixels('too-large');
    }
    const cmyk = jpegComponents(header) === CMYK_COMPONENTS;
    return { bitmap, stored, unread: isJpeg(header) ? new UnreadBlocks(cmyk) : null };
  }

  /** Only success is kept: the network may be back for the next picture. */
  private async kernelOrNoPixels(): Promise<Kernel> {
    try {
      this.kernel ??= await this.loadKernel();
      return this.kernel;
    } catch {
      throw new NoPixels('undecodable');
    }
  }

  /** Read the picture in strips, so that no canvas is larger than a phone allows. Closes it. */
  private async pdqsOf(
    { bitmap: picture, stored, unread }: Decoded,
    onProgress: OnProgress,
  ): Promise<{ pdq: Pdq; crops: Pdq[] }> {
    try {
      onProgress(DECODED);
      const kernel = await this.kernelOrNoPixels();
      this.readback ??= truthfulReadback(readbacks());
      const way = await this.readback;
      if (!way) throw new NoPixels('guarded');
      const { width, height } = picture;
      const step = Math.min(height, Math.max(1, Math.floor(STRIP_PIXELS / width)));
      const hashing = await startPicture(kernel, width, height, step);
      for (let top = 0; top < height; top += step) {
        const rows = Math.min(step, height - top);
        const rgba = await way.read(picture, top, rows);
        hashing.add(rgba);
        unread?.add(rgba, width, top);
        onProgress(DECODED + ((READ - DECODED) * (top + rows)) / height);
      }
      if (unread?.suspect && (await hardlyThere(stored, unread.unread, way)))
        throw new NoPixels('undecodable');
      const pdq = hashing.finish();
      return { pdq, crops: listedCrops(width, height).map((box) => hashing.crop(box)) };
    } finally {
      picture.close();
    }
  }
}
