// Whether this browser can make fingerprints and keys on its own.

/** True when nothing that leaves the device needs the server's help. */
export function worksInTheBrowser(): boolean {
  return (
    window.isSecureContext &&
    typeof WebAssembly === 'object' &&
    typeof Worker === 'function' &&
    typeof crypto.subtle === 'object' &&
    typeof Blob.prototype.stream === 'function'
  );
}
