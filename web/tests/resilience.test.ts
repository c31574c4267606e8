// What the young person keeps when the network or a worker fails in the middle.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { digestFile } from '../src/fingerprints/digests';
import { FileFingerprinter } from '../src/fingerprints/fingerprint';
import { loadKernel } from '../src/fingerprints/kernel';
import {
  FingerprintQueue,
  InAWorker,
  SILENCE_MS,
  UnreadableFile,
  WorkerEnded,
} from '../src/fingerprints/queue';
import type { Answer, Request } from '../src/fingerprints/worker-messages';

const wasm = readFileSync(new URL('../public-build/pdq.wasm', import.meta.url));
const ABC_SHA256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const ABC_MD5 = '900150983cd24fb0d6963f7d28e17f72';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('the kernel on its way', () => {
  test('is not taken from an answer that says it failed', async () => {
    vi.stubGlobal('fetch', async () => new Response(wasm, { status: 503 }));
    await expect(loadKernel('/static/pdq.wasm')).rejects.toThrow('503');
    vi.stubGlobal('fetch', async () => new Response(wasm));
    expect(await loadKernel('/static/pdq.wasm')).toBeInstanceOf(WebAssembly.Module);
  });

  test('costs no exact fingerprint when it does not come, and is asked for again', async () => {
    // Node decodes no pictures; the true decoder is driven in Chromium (tests/browser).
    vi.stubGlobal('createImageBitmap', async () => ({ width: 8, height: 8, close: () => {} }));
    const load = vi.fn<() => Promise<WebAssembly.Module>>().mockRejectedValue(new TypeError());
    const fingerprinter = new FileFingerprinter(load);
    const picture = () => fingerprinter.fingerprint(new Blob(['abc']), true, () => {});
    const exact = { sha256: ABC_SHA256, md5: ABC_MD5, pdq: null, crops: [] };
    expect(await picture()).toEqual({ ...exact, problem: 'undecodable' });
    load.mockResolvedValue(new WebAssembly.Module(wasm));
    // The kernel is there now; what is missing is Node's canvas, and that is another problem.
    expect(await picture()).toEqual({ ...exact, problem: 'guarded' });
    await picture();
    expect(load).toHaveBeenCalledTimes(2);
  });
});

type Behaviour = (request: Request, answer: (message: Answer) => void) => void;

/** A queue whose workers behave so, one after the other, and the list of those that were ended. */
function queueOf(...behaviours: Behaviour[]): { queue: FingerprintQueue; ended: number[] } {
  const ended: number[] = [];
  let started = 0;
  const start = () => {
    const number = started;
    started += 1;
    const worker = {
      onmessage: (_: { data: Answer }) => {},
      postMessage: (request: Request) =>
        behaviours[number]?.(request, (data) => worker.onmessage({ data })),
      terminate: () => ended.push(number),
    };
    return worker as unknown as Worker;
  };
  return { queue: new FingerprintQueue(new InAWorker(start)), ended };
}

const EXACT = {
  sha256: ABC_SHA256,
  md5: ABC_MD5,
  pdq: null,
  crops: [],
  problem: 'undecodable' as const,
};
const silent: Behaviour = () => {};
const works: Behaviour = (_, answer) => answer({ kind: 'done', fingerprints: EXACT });
const add = (queue: FingerprintQueue, removed = new AbortController().signal) =>
  queue.add(new File(['abc'], 'a.jpg'), 'picture', removed, () => {});

describe('a worker that falls silent', () => {
  test('is replaced; the picture keeps its exact fingerprints and the queue goes on', async () => {
    vi.useFakeTimers();
    const { queue, ended } = queueOf(silent, works);
    const both = Promise.all([add(queue), add(queue)]);
    await vi.advanceTimersByTimeAsync(SILENCE_MS - 1);
    expect(ended).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await both).toEqual([{ ...EXACT, problem: 'too-large' }, EXACT]);
    expect(ended).toEqual([0]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('twice on one picture gives that picture up and not the next', async () => {
    vi.useFakeTimers();
    const { queue, ended } = queueOf(silent, silent, works);
    const stuck = expect(add(queue)).rejects.toThrow(UnreadableFile);
    const next = add(queue);
    await vi.advanceTimersByTimeAsync(2 * SILENCE_MS);
    await stuck;
    expect(await next).toEqual(EXACT);
    expect(ended).toEqual([0, 1]);
  });

  test('is left alone while it tells of progress, however slow', async () => {
    vi.useFakeTimers();
    const { queue, ended } = queueOf((request, answer) => {
      setTimeout(() => answer({ kind: 'progress', share: 0.5 }), SILENCE_MS - 1);
      setTimeout(() => works(request, answer), 2 * SILENCE_MS - 2);
    });
    const done = add(queue);
    await vi.advanceTimersByTimeAsync(2 * SILENCE_MS);
    expect(await done).toEqual(EXACT);
    expect(ended).toEqual([]);
  });
});

describe('a file that is removed', () => {
  test('ends its worker at once; the next file has a new one', async () => {
    const { queue, ended } = queueOf(silent, works);
    const removal = new AbortController();
    const removed = add(queue, removal.signal);
    const next = add(queue);
    await Promise.resolve(); // its turn has come
    removal.abort();
    expect(await removed).toBeNull();
    expect(await next).toEqual(EXACT);
    expect(ended).toEqual([0]);
  });

  test('costs no worker when it was done, or had not begun', async () => {
    const { queue, ended } = queueOf(works);
    const [early, late] = [new AbortController(), new AbortController()];
    const waits = add(queue, early.signal);
    early.abort();
    expect(await waits).toBeNull();
    expect(await add(queue, late.signal)).toEqual(EXACT);
    late.abort();
    expect(await add(queue)).toEqual(EXACT);
    expect(ended).toEqual([]);
  });
});

describe('a file in a cloud that does not answer', () => {
  test('is given up, and the kinds of the others are told in their order', async () => {
    vi.useFakeTimers();
    const { queue } = queueOf();
    const away = { slice: () => ({ arrayBuffer: () => new Promise(() => {}) }) };
    const stuck = expect(queue.kindOf(away as unknown as File)).rejects.toThrow(UnreadableFile);
    const next = queue.kindOf(new File(['%PDF-1.7'], 'a.jpg'));
    await vi.advanceTimersByTimeAsync(SILENCE_MS);
    await stuck;
    expect(await next).toBe('other');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a film of many pieces', () => {
  /** A file of `pieces` pieces of 64 KiB, made one by one as they are asked for. */
  function film(pieces: number): { file: Blob; made: () => number; left: () => boolean } {
    let made = 0;
    let left = false;
    const piece = new Uint8Array(65_536);
    const stream = () =>
      new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            if (made === pieces) controller.close();
            else controller.enqueue(piece);
            made += 1;
          },
          cancel() {
            left = true;
          },
        },
        { highWaterMark: 0 },
      );
    const file = { size: pieces * piece.length, stream } as unknown as Blob;
    return { file, made: () => made, left: () => left };
  }

  test('is read piece by piece, nothing is decoded, and the share is told now and then', async () => {
    const decode = vi.fn();
    vi.stubGlobal('createImageBitmap', decode);
    const { file } = film(400);
    const shares: number[] = [];
    const made = await new FileFingerprinter(() => Promise.reject(new Error())).fingerprint(
      file,
      false,
      (share) => shares.push(share),
    );
    const hash = (name: string) => createHash(name).update(Buffer.alloc(file.size)).digest('hex');
    expect([made.sha256, made.md5]).toEqual([hash('sha256'), hash('md5')]);
    expect(decode).not.toHaveBeenCalled();
    expect(shares).toEqual([...shares].sort((one, other) => one - other));
    expect(shares.at(-1)).toBe(1);
    expect(shares.length).toBeLessThan(400);
  });

  test('is left where it stands when who hears of it has enough', async () => {
    const { file, made, left } = film(400);
    const enough = () => {
      throw new WorkerEnded();
    };
    await expect(digestFile(file, enough)).rejects.toThrow(WorkerEnded);
    expect(made()).toBeLessThan(3);
    expect(left()).toBe(true);
  });
});
