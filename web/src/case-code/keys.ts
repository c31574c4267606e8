// Case code → the two keys: one that finds the case, one that seals what only the code opens.
import { argon2id } from 'hash-wasm';

/** What the deployment says of its derivation; public. */
export interface Derivation {
  /** 16 bytes. */
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly memoryKib: number;
  readonly passes: number;
}

/** Both 32 bytes. `lookup` goes to the server, `wrap` never does. */
export interface CaseKeys {
  readonly lookup: Uint8Array<ArrayBuffer>;
  readonly wrap: Uint8Array<ArrayBuffer>;
}

const KEY_BYTES = 32;
const LOOKUP_INFO = 'takeback case lookup v1';
const WRAP_INFO = 'takeback case wrap v1';

/** Derive both keys from the 20 ASCII digits of a code: Argon2id (RFC 9106), then HKDF (RFC 5869). */
export async function deriveKeys(code: string, derivation: Derivation): Promise<CaseKeys> {
  const stretched = await argon2id({
    password: code,
    salt: derivation.salt,
    iterations: derivation.passes,
    memorySize: derivation.memoryKib,
    parallelism: 1,
    hashLength: KEY_BYTES,
    outputType: 'binary',
  });
  const key = await crypto.subtle.importKey('raw', new Uint8Array(stretched), 'HKDF', false, [
    'deriveBits',
  ]);
  const [lookup, wrap] = await Promise.all([expand(key, LOOKUP_INFO), expand(key, WRAP_INFO)]);
  return { lookup, wrap };
}

async function expand(key: CryptoKey, info: string): Promise<Uint8Array<ArrayBuffer>> {
  const parameters = {
    name: 'HKDF',
    hash: 'SHA-256',
    salt: new Uint8Array(0),
    info: new TextEncoder().encode(info),
  };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, KEY_BYTES * 8));
}
