// What the young person keeps when the network or a worker fails in the middle.
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { FileFingerprinter } from '../src/fingerprints/fingerprint';
import { loadKernel } from '../src/fingerprints/kernel';
import { FingerprintQueue, InAWorker, SILENCE_MS, UnreadableFile } from '../src/fingerprints/queue';
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
const add = (queue: FingerprintQueue) =>
  queue.add(
    new File(['abc'], 'a.jpg'),
    () => true,
    () => {},
  );

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
