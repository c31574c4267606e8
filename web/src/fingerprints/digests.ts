// SHA-256 and MD5 of a file, read once and piece by piece, so that memory stays small.
import { createMD5, createSHA256 } from 'hash-wasm';

export interface Digests {
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  /** 32 lower-case hexadecimal digits. */
  readonly md5: string;
}

/** Milliseconds between two words of progress: a film comes in tens of thousands of pieces. */
const BETWEEN_WORDS = 100;

/**
 * Read `file` from its beginning to its end and return its digests. Nothing of it is kept, so a
 * film of gigabytes needs no more memory than a picture.
 *
 * `onRead` hears the share read so far, 0 to 1; if it throws, reading stops. Rejects with what it
 * threw, or with the browser's own DOMException (`NotReadableError`, `NotFoundError`) when the file
 * can't be read.
 */
export async function digestFile(file: Blob, onRead: (share: number) => void): Promise<Digests> {
  const [sha256, md5] = await Promise.all([createSHA256(), createMD5()]);
  const reader = file.stream().getReader();
  let read = 0;
  let heard = Number.NEGATIVE_INFINITY;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      sha256.update(value);
      md5.update(value);
      read += value.byteLength;
      const now = performance.now();
      if (now - heard < BETWEEN_WORDS && read < file.size) continue;
      heard = now;
      onRead(read / file.size);
    }
  } finally {
    reader.cancel().catch(() => undefined); // does nothing at the end of the file
  }
  return { sha256: sha256.digest('hex'), md5: md5.digest('hex') };
}
