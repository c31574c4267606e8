// How large a picture may be before we give up on its pixels; the same bounds as `takeback.media`.

/** A platform's gate refuses larger pictures, so a code for them would never be compared. */
export const MAX_PIXELS = 100_000_000;

/** Bytes of a file that we still decode. */
export const MAX_BYTES = 64 * 2 ** 20;

/** Pixels that are read back from the browser at once: 4 million are 16 MiB. */
export const STRIP_PIXELS = 4_194_304;
