// The names of the pictures, sealed so that only the case code opens them again.

/** Picture id → file name. */
export type PictureNames = Readonly<Record<string, string>>;

const NONCE_BYTES = 12;
// Lengths say how many pictures there are and how long their names; blocks say nearly nothing.
const BLOCK_BYTES = 1024;

/** Seal `names` with AES-256-GCM under the 32 bytes of `wrap`; base64 of nonce and ciphertext. */
export async function sealNames(
  names: PictureNames,
  wrap: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify(names));
  const padded = new Uint8Array(Math.ceil(text.length / BLOCK_BYTES) * BLOCK_BYTES).fill(0x20);
  padded.set(text);
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const ciphertext = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv: nonce },
    await importWrap(wrap, 'encrypt'),
    padded,
  );
  return toBase64(new Uint8Array([...nonce, ...new Uint8Array(ciphertext)]));
}

/** Undo `sealNames`. Rejects when the key is another or the text was changed. */
export async function openNames(
  sealed: string,
  wrap: Uint8Array<ArrayBuffer>,
): Promise<PictureNames> {
  const bytes = Uint8Array.from(atob(sealed), (character) => character.charCodeAt(0));
  const plaintext = await crypto.subtle.decrypt(
    { name: 'AES-GCM', iv: bytes.subarray(0, NONCE_BYTES) },
    await importWrap(wrap, 'decrypt'),
    bytes.subarray(NONCE_BYTES),
  );
  return namesFrom(JSON.parse(new TextDecoder().decode(plaintext)));
}

/** Keep what has the right shape of a parsed value. */
export function namesFrom(value: unknown): PictureNames {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
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
