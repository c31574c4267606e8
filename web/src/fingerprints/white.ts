// What is transparent lies on white, as the server lays it.

/**
 * Lay straight (not premultiplied) RGBA on white, in place; alpha becomes 255.
 *
 * Rounds as Pillow's `paste` with a mask does, so that both sides make the same pixels.
 */
export function layOnWhite(rgba: Uint8ClampedArray | Uint8Array): void {
  for (let at = 0; at < rgba.length; at += 4) {
    const alpha = rgba[at + 3] ?? 255;
    if (alpha === 255) continue;
    for (let channel = at; channel < at + 3; channel += 1) {
      rgba[channel] = divide255((rgba[channel] ?? 0) * alpha + 255 * (255 - alpha));
    }
    rgba[at + 3] = 255;
  }
}

/** Nearest integer to x / 255, for x in 0 … 65,025. */
function divide255(x: number): number {
  const biased = x + 128;
  return ((biased >> 8) + biased) >> 8;
}
