// The box of a case: what only the young person may know of their pictures, opened by the code alone.
import { toHex } from '../hexadecimal';

/** Of one picture: the name of its file, and the file's SHA-256 while copies are looked for. */
interface PictureNote {
  readonly name: string;
  /** 64 lower-case hexadecimal digits; null for a picture that is no longer looked for. */
  readonly digest: string | null;
}

/** Picture id → what is noted of it. */
export type BoxContents = Readonly<Record<string, PictureNote>>;

const NONCE_BYTES = 12;
// Lengths say how many pictures there are and how long their names; blocks say nearly nothing.
const BLOCK_BYTES = 1024;
const VERSION = 1;
const BELONGS_TO = new TextEncoder().encode('takeback case box v1');
/** So that a box with every picture that a case can have stays under what the hotline takes. */
const LONGEST_NAME = 80;

/** Seal `contents` with AES-256-GCM under the 32 bytes of `wrap`; base64 of nonce and ciphertext. */
export async function sealBox(
  contents: BoxContents,
  wrap: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const pictures = Object.fromEntries(
    Object.entries(contents).map(([id, { name, digest }]) => [
      id,
      { name: Array.from(name).slice(0, LONGEST_NAME).join(''), digest },
    ]),
  );
  const text = new TextEncoder().encode(JSON.stringify({ version: VERSION, pictures }));
  const padded = new Uint8Array(Math.ceil(text.length / BLOCK_BYTES) * BLOCK_BYTES).fill(0x20);
  padded.set(text);
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const ciphertext = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv: nonce, additionalData: BELONGS_TO },
    await importWrap(wrap, 'encrypt'),
    padded,
  );
  return toBase64(new Uint8Array([...nonce, ...new Uint8Array(ciphertext)]));
}

/**
 * Undo `sealBox`; nothing sealed so far is an empty box.
 *
 * Rejects when the key is another, the text was changed, or the box is of a version to come: what
 * can't be read must not be sealed over.
 */
export async function openBox(sealed: string, wrap: Uint8Array<ArrayBuffer>): Promise<BoxContents> {
  if (sealed === '') return {};
  const bytes = fromBase64(sealed);
  const plaintext = await crypto.subtle.decrypt(
    { name: 'AES-GCM', iv: bytes.subarray(0, NONCE_BYTES), additionalData: BELONGS_TO },
    await importWrap(wrap, 'decrypt'),
    bytes.subarray(NONCE_BYTES),
  );
  const box: unknown = JSON.parse(new TextDecoder().decode(plaintext));
  if (typeof box !== 'object' || box === null || !('version' in box) || box.version !== VERSION)
    throw new Error('The box is of another version.');
  return contentsFrom('pictures' in box ? box.pictures : {});
}

/** Keep what has the right shape of a parsed value. */
export function contentsFrom(value: unknown): BoxContents {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, PictureNote] => isNote(entry[1])),
  );
}

/** The SHA-256 of a sealed box, by which the hotline knows it: 64 hexadecimal digits. */
export async function digestOfBox(sealed: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', fromBase64(sealed)));
  return toHex(digest);
}

function isNote(value: unknown): value is PictureNote {
  if (typeof value !== 'object' || value === null) return false;
  const { name, digest } = value as Partial<Record<string, unknown>>;
  return typeof name === 'string' && (digest === null || typeof digest === 'string');
}

function importWrap(
  wrap: Uint8Array<ArrayBuffer>,
  usage: 'encrypt' | 'decrypt',
): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', wrap, 'AES-GCM', false, [usage]);
}

function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
