// The page's side: files wait in a queue and go to the worker one at a time.
import { startWorker } from '../trusted-urls';
import type { FileFingerprints, OnProgress } from './fingerprint';
import workerUrl from './worker?worker&url';
import type { Answer, Request } from './worker-messages';

/** Thrown when a file can't be read: moved, deleted, or kept in a cloud that does not answer. */
export class UnreadableFile extends Error {}

/** Takes one file at a time, as the worker does. */
export interface FileWorker {
  fingerprint(file: File, pixels: boolean, onProgress: OnProgress): Promise<FileFingerprints>;
}

/** Milliseconds without a word after which a worker is stuck; the server's decoder has the same. */
export const SILENCE_MS = 30_000;

/** Thrown when a worker ended in the middle of a file, for want of memory or because it was stuck. */
export class WorkerEnded extends Error {}

/** Runs files through in the order they come; memory then holds one picture, not twenty. */
export class FingerprintQueue {
  private last: Promise<unknown> = Promise.resolve();
  private readonly worker: FileWorker;

  constructor(worker: FileWorker = chooseWorker()) {
    this.worker = worker;
  }

  /**
   * Return the fingerprints of `file` when its turn has come. `wanted` is asked then: a file that
   * was taken off the list while it waited is passed over, and null comes back.
   *
   * Rejects with UnreadableFile.
   */
  add(file: File, wanted: () => boolean, onProgress: OnProgress): Promise<FileFingerprints | null> {
    const turn = this.last.then(() => (wanted() ? this.run(file, onProgress) : null));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private async run(file: File, onProgress: OnProgress): Promise<FileFingerprints> {
    try {
      return await this.worker.fingerprint(file, true, onProgress);
    } catch (error) {
      if (!(error instanceof WorkerEnded)) throw error;
    }
    const exact = await this.worker.fingerprint(file, false, onProgress);
    return { ...exact, problem: 'too-large' };
  }
}

function chooseWorker(): FileWorker {
  return typeof OffscreenCanvas === 'undefined' ? new OnThePage() : new InAWorker();
}

/** The ordinary way: a Web Worker, started with the first file and again after it ended. */
export class InAWorker implements FileWorker {
  private worker: Worker | null = null;
  private readonly start: () => Worker;

  constructor(start: () => Worker = () => startWorker(workerUrl)) {
    this.start = start;
  }

  fingerprint(file: File, pixels: boolean, onProgress: OnProgress): Promise<FileFingerprints> {
    this.worker ??= this.start();
    const worker = this.worker;
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(silence);
        worker.terminate();
        this.worker = null;
        reject(pixels ? new WorkerEnded() : new UnreadableFile());
      };
      let silence = setTimeout(end, SILENCE_MS);
      worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        clearTimeout(silence);
        if (data.kind === 'progress') {
          silence = setTimeout(end, SILENCE_MS);
          onProgress(data.share);
        } else if (data.kind === 'done') resolve(data.fingerprints);
        else reject(new UnreadableFile());
      };
      worker.onerror = (event) => {
        event.preventDefault();
        end();
      };
      const request: Request = { file, pixels };
      worker.postMessage(request);
    });
  }
}

/** For browsers whose workers have no canvas (Safari before 16.4). Loaded only there. */
class OnThePage implements FileWorker {
  async fingerprint(
    file: File,
    pixels: boolean,
    onProgress: OnProgress,
  ): Promise<FileFingerprints> {
    try {
      const { fingerprintOnPage } = await import('./on-the-page');
      return await fingerprintOnPage(file, pixels, onProgress);
    } catch {
      throw new UnreadableFile();
    }
  }
}
