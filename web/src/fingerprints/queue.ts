// The page's side: files wait in a queue and go to the worker one at a time.
import { startWorker } from '../trusted-urls';
import { type FileKind, fileKind, type ListedKind } from './file-kind';
import type { FileFingerprints, OnProgress } from './fingerprint';
import workerUrl from './worker?worker&url';
import type { Answer, Request } from './worker-messages';

/** Thrown when a file can't be read: moved, deleted, or kept in a cloud that does not answer. */
export class UnreadableFile extends Error {}

/** Takes one file at a time, as the worker does; rejects soon after `removed` was set off. */
export interface FileWorker {
  fingerprint(
    file: File,
    pixels: boolean,
    onProgress: OnProgress,
    removed: AbortSignal,
  ): Promise<FileFingerprints>;

  /** Get ready before the first file comes. */
  warmUp?(): void;
}

/** Milliseconds without a word after which a worker is stuck; the server's decoder has the same. */
export const SILENCE_MS = 30_000;

/** Thrown when a worker ended in the middle of a file: no memory, stuck, or the file was removed. */
export class WorkerEnded extends Error {}

/** Runs files through in the order they come; memory then holds one picture, not twenty. */
export class FingerprintQueue {
  private last: Promise<unknown> = Promise.resolve();
  private lastKind: Promise<unknown> = Promise.resolve();
  private readonly worker: FileWorker;

  constructor(worker: FileWorker = chooseWorker()) {
    this.worker = worker;
  }

  /** Get ready while somebody still looks for the picture: on a slow phone that is a second. */
  warmUp(): void {
    this.worker.warmUp?.();
  }

  /**
   * Say what `file` is, without waiting for the fingerprints of those before it, but in their order.
   *
   * Rejects with UnreadableFile, also when the file does not answer for SILENCE_MS.
   */
  kindOf(file: File): Promise<FileKind> {
    const turn = this.lastKind.then(() => kindInTime(file));
    this.lastKind = turn.catch(() => undefined);
    return turn;
  }

  /**
   * Return the fingerprints of `file` when its turn has come; of a video the exact ones. When
   * `removed` is set off, a file that waits is passed over, work on it ends, and null comes back.
   *
   * Rejects with UnreadableFile.
   */
  add(
    file: File,
    kind: ListedKind,
    removed: AbortSignal,
    onProgress: OnProgress,
  ): Promise<FileFingerprints | null> {
    const turn = this.last.then(() => this.run(file, kind === 'picture', removed, onProgress));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private async run(
    file: File,
    pixels: boolean,
    removed: AbortSignal,
    onProgress: OnProgress,
  ): Promise<FileFingerprints | null> {
    if (removed.aborted) return null;
    try {
      return await this.worker.fingerprint(file, pixels, onProgress, removed);
    } catch (error) {
      if (removed.aborted) return null;
      if (!(error instanceof WorkerEnded)) throw error;
    }
    try {
      const exact = await this.worker.fingerprint(file, false, onProgress, removed);
      return { ...exact, problem: 'too-large' };
    } catch (error) {
      if (removed.aborted) return null;
      throw error;
    }
  }
}

function kindInTime(file: File): Promise<FileKind> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new UnreadableFile());
    const silence = setTimeout(giveUp, SILENCE_MS);
    fileKind(file)
      .then(resolve, giveUp)
      .finally(() => clearTimeout(silence));
  });
}

function chooseWorker(): FileWorker {
  return typeof OffscreenCanvas === 'undefined' ? new OnThePage() : new InAWorker();
}

/** The ordinary way: a Web Worker, started at the latest with the first file, and again after it ended. */
export class InAWorker implements FileWorker {
  private worker: Worker | null = null;
  private readonly start: () => Worker;

  constructor(start: () => Worker = () => startWorker(workerUrl)) {
    this.start = start;
  }

  warmUp(): void {
    this.worker ??= this.start();
  }

  fingerprint(
    file: File,
    pixels: boolean,
    onProgress: OnProgress,
    removed: AbortSignal,
  ): Promise<FileFingerprints> {
    this.worker ??= this.start();
    const worker = this.worker;
    return new Promise((resolve, reject) => {
      const hearNoMore = () => {
        clearTimeout(silence);
        removed.removeEventListener('abort', end);
      };
      const end = () => {
        hearNoMore();
        worker.terminate();
        this.worker = null;
        reject(pixels ? new WorkerEnded() : new UnreadableFile());
      };
      let silence = setTimeout(end, SILENCE_MS);
      removed.addEventListener('abort', end);
      worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        clearTimeout(silence);
        if (data.kind === 'progress') {
          silence = setTimeout(end, SILENCE_MS);
          onProgress(data.share);
          return;
        }
        hearNoMore();
        if (data.kind === 'done') resolve(data.fingerprints);
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
    removed: AbortSignal,
  ): Promise<FileFingerprints> {
    try {
      const { fingerprintOnPage } = await import('./on-the-page');
      return await fingerprintOnPage(file, pixels, (share) => {
        if (removed.aborted) throw new WorkerEnded();
        onProgress(share);
      });
    } catch {
      throw new UnreadableFile();
    }
  }
}
