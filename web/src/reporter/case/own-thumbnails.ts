// Small blurred pictures in the rows of the timeline, from files that are picked anew on this device.
//
// A file is recognised by its SHA-256, which the box knows. Nothing is sent, and nothing is stored.
import type { BoxContents } from '../../case-code/sealed-box';
import { toHex } from '../../hexadecimal';
import { required, type Texts, textsOf } from '../texts';
import { boxOnPage } from './opened-box';

/** Larger files are left alone: they are read whole. */
const MOST_BYTES = 100 * 1024 * 1024;
const MOST_FILES = 50;
/** So few pixels a side are what is seen: shapes of light, and nobody in them. */
const BLURRED_SIDE = 8;
const SHOWN_SIDE = 96;

/**
 * Mount on the part with the button `[data-pick]`, `input[data-files]`, and
 * `[data-thumbnails-status]`; it shows itself where the box opens and knows a file.
 *
 * `[data-thumbnail]` anywhere on the page take the pictures by id. Texts: working, shown {shown}
 * {total}, none.
 */
export async function ownThumbnails(root: HTMLElement): Promise<void> {
  const box = await boxOnPage(root);
  const known = box ? idsByDigest(box) : new Map<string, string>();
  if (known.size === 0 || typeof createImageBitmap !== 'function') return;
  const files = required(root, 'input[data-files]', HTMLInputElement);
  const status = required(root, '[data-thumbnails-status]', HTMLElement);
  const texts = textsOf(root);
  required(root, '[data-pick]', HTMLElement).addEventListener('click', () => files.click());
  files.addEventListener('change', async () => {
    const picked = Array.from(files.files ?? []).slice(0, MOST_FILES);
    files.value = '';
    if (picked.length === 0) return;
    status.textContent = texts.get('working');
    status.textContent = summary(await showKnown(picked, known), picked.length, texts);
  });
  root.hidden = false;
}

/** Picture id by SHA-256 of its file. */
export function idsByDigest(box: BoxContents): Map<string, string> {
  return new Map(
    Object.entries(box).flatMap(([id, { digest }]) => (digest === null ? [] : [[digest, id]])),
  );
}

/** Show those of `files` that are known, one after the other; returns how many these are. */
async function showKnown(
  files: readonly File[],
  known: ReadonlyMap<string, string>,
): Promise<number> {
  let shown = 0;
  for (const file of files) {
    try {
      const id = file.size > MOST_BYTES ? undefined : known.get(await digestOf(file));
      if (id === undefined) continue;
      shown += 1;
      await show(file, id);
    } catch {
      // A file that can't be read, or no picture that this browser can open: its square stays.
    }
  }
  return shown;
}

async function digestOf(file: File): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  return toHex(new Uint8Array(digest));
}

async function show(file: File, id: string): Promise<void> {
  const places = document.querySelectorAll(`[data-thumbnail="${CSS.escape(id)}"]`);
  const bitmap = await createImageBitmap(file);
  try {
    for (const place of places) place.replaceChildren(blurred(bitmap));
  } finally {
    bitmap.close();
  }
}

/** The middle square of a picture: first so small that only light is left, then large again. */
function blurred(bitmap: ImageBitmap): HTMLCanvasElement {
  const side = Math.min(bitmap.width, bitmap.height);
  const [left, top] = [(bitmap.width - side) / 2, (bitmap.height - side) / 2];
  const tiny = square(BLURRED_SIDE);
  const shown = square(SHOWN_SIDE);
  painter(tiny).drawImage(bitmap, left, top, side, side, 0, 0, BLURRED_SIDE, BLURRED_SIDE);
  painter(shown).drawImage(tiny, 0, 0, SHOWN_SIDE, SHOWN_SIDE);
  shown.setAttribute('aria-hidden', 'true');
  return shown;
}

function square(side: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = side;
  canvas.height = side;
  return canvas;
}

function painter(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser does not paint.');
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = 'high';
  return context;
}

function summary(shown: number, total: number, texts: Texts): string {
  return shown === 0 ? texts.get('none') : texts.get('shown', { shown, total });
}
