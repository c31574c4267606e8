// SHA-256 and MD5 of a file, read once and piece by piece, so that memory stays small.
import { createMD5, createSHA256 } from 'hash-wasm';

export interface Digests {
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  /** 32 lower-case hexadecimal digits. */
  readonly md5: string;
}

/**
 * Read `file` from its beginning to its end and return its digests.
 *
 * `onRead` hears the share read so far, 0 to 1. Rejects with the browser's own DOMException
 * (`NotReadableError`, `NotFoundError`) when the file can't be read.
 */
export async function digestFile(file: Blob, onRead: (share: number) => void): Promise<Digests> {
  const [sha256, md5] = await Promise.all([createSHA256(), createMD5()]);
  const reader = file.stream().getReader();
  let read = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    sha256.update(value);
    md5.update(value);
    read += value.byteLength;
    onRead(read / file.size);
  }
  return { sha256: sha256.digest('hex'), md5: md5.digest('hex') };
}
