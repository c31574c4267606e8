// A file → a decoded picture as the server decodes it: upright, full size, colour profile unused.

/** Why a picture has no perceptual fingerprint. Its exact fingerprints are there all the same. */
export type PixelProblem = 'undecodable' | 'too-large' | 'guarded';

/** Thrown when pixels can't be had; says why. */
export class NoPixels extends Error {
  readonly problem: PixelProblem;

  constructor(problem: PixelProblem) {
    super(`No pixels: ${problem}`);
    this.problem = problem;
  }
}

// Each line undoes something that a browser does to pixels on its own; see docs/browser.md.
const AS_STORED: ImageBitmapOptions = {
  colorSpaceConversion: 'none',
  premultiplyAlpha: 'none',
  imageOrientation: 'from-image',
};
// Browsers from before 2023 know no 'from-image' here and turn the picture without being told.
const AS_STORED_EARLIER: ImageBitmapOptions = {
  colorSpaceConversion: 'none',
  premultiplyAlpha: 'none',
};

/** Decode the first frame of `file`; the caller closes it. Rejects with NoPixels. */
export async function decodePicture(file: Blob): Promise<ImageBitmap> {
  if (typeof createImageBitmap === 'undefined') throw new NoPixels('undecodable');
  try {
    return await createImageBitmap(file, AS_STORED);
  } catch (error) {
    if (!(error instanceof TypeError)) throw new NoPixels('undecodable');
  }
  try {
    return await createImageBitmap(file, AS_STORED_EARLIER);
  } catch {
    throw new NoPixels('undecodable');
  }
}
