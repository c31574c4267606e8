// What the page and its worker say to each other.
import type { FileFingerprints } from './fingerprint';

/** Fingerprint a file; one at a time. Without `pixels`, exact fingerprints only. */
export interface Request {
  readonly file: File;
  readonly pixels: boolean;
}

/** How it goes; `done` and `unreadable` are the last word on a file. */
export type Answer =
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'done'; readonly fingerprints: FileFingerprints }
  | { readonly kind: 'unreadable' };
