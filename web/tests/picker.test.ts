// @vitest-environment happy-dom
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { FileFingerprints } from '../src/fingerprints/fingerprint';
import { FingerprintQueue, UnreadableFile, WorkerEnded } from '../src/fingerprints/queue';
import type { PictureRecord } from '../src/reporter/picture-list';
import { distinctName, PictureList, verdictOf } from '../src/reporter/picture-list';
import { PicturePicker, picturePicker } from '../src/reporter/picture-picker';

const TEXTS = {
  ready: 'ready',
  low_quality: 'few details',
  exact_only: 'exact only',
  too_large: 'too large',
  unreadable: 'unreadable',
  empty: 'empty',
  duplicate: '{name} is {other}',
  removed: '{name} taken off',
  remove: 'Take off {name}',
  summary: '{ready} of {total}',
  wait: 'one moment',
  too_many: 'at most {most}',
  unable: 'not in this browser',
};

function fingerprintsOf(seed: string, quality = 90): FileFingerprints {
  const sha256 = seed.repeat(64).slice(0, 64);
  const pdq = { hex: sha256, quality };
  const crops = [{ hex: '1'.repeat(64), quality: 70 }];
  return { sha256, md5: seed.repeat(32), pdq, crops, problem: null };
}

/** Answers by the text of the file; the true worker is driven in Chromium (tests/browser). */
const worker = {
  async fingerprint(file: File, pixels: boolean): Promise<FileFingerprints> {
    const text = await file.text();
    if (text === 'gone') throw new UnreadableFile();
    if (text === 'huge' && pixels) throw new WorkerEnded();
    if (text === 'huge')
      return { ...fingerprintsOf('e'), pdq: null, crops: [], problem: 'undecodable' };
    return fingerprintsOf(text, text === 'b' ? 20 : 90);
  },
};

function page(value = ''): { form: HTMLFormElement; picker: PicturePicker } {
  document.body.innerHTML = `<form><div data-module="picture-picker">
    <input type="file" multiple data-picker-input><p role="status" data-picker-status></p>
    <ul data-picker-list></ul>
    <template data-picker-row><li class="picture-row"><span data-name></span>
      <progress data-progress></progress><span data-state></span>
      <button type="button" data-remove></button></li></template>
    <input type="hidden" name="pictures" data-picker-value></div></form>`;
  const form = document.forms[0] as HTMLFormElement;
  const hidden = form.querySelector<HTMLInputElement>('[data-picker-value]');
  if (hidden) hidden.value = value;
  const root = form.querySelector('div') as HTMLElement;
  root.dataset.texts = JSON.stringify(TEXTS);
  return { form, picker: new PicturePicker(root, new FingerprintQueue(worker)) };
}

const file = (text: string, name = `${text}.jpg`) => new File([text], name);
const texts = (selector: string) =>
  Array.from(document.querySelectorAll(selector), (element) => element.textContent);
const status = () => document.querySelector('[data-picker-status]')?.textContent;
const sent = (): PictureRecord[] =>
  JSON.parse(document.querySelector<HTMLInputElement>('[data-picker-value]')?.value || '[]');

beforeEach(() => sessionStorage.clear());

describe('the picker', () => {
  test('lists each picture by its name and sends only its fingerprints', async () => {
    await page().picker.take([file('a', 'beach.jpg'), file('c', 'dog.jpg')]);
    expect(texts('[data-name]')).toEqual(['beach.jpg', 'dog.jpg']);
    expect(texts('[data-state]')).toEqual(['ready', 'ready']);
    expect(status()).toBe('2 of 2');
    expect(sent().map((record) => Object.keys(record).sort())).toEqual(
      new Array(2).fill(['crops', 'id', 'md5', 'pdq', 'quality', 'sha256']),
    );
    expect(sent()[0]?.crops).toEqual([{ pdq: '1'.repeat(64), quality: 70 }]);
    expect(JSON.stringify(sent())).not.toContain('beach');
    const names = JSON.parse(sessionStorage.getItem('picture-names') ?? '');
    expect(Object.values(names)).toEqual(['beach.jpg', 'dog.jpg']);
  });

  test('notices the same picture under another name', async () => {
    await page().picker.take([file('a', 'one.jpg'), file('a', 'two.jpg')]);
    expect(texts('[data-name]')).toEqual(['one.jpg']);
    expect(status()).toBe('two.jpg is one.jpg');
    expect(sent()).toHaveLength(1);
  });

  test('explains a picture with few details', async () => {
    await page().picker.take([file('b')]);
    expect(texts('[data-state]')).toEqual(['few details']);
    expect(sent()).toHaveLength(1);
  });

  test('loses nothing to a file that is empty, gone or too much for the worker', async () => {
    await page().picker.take([file('a'), file('', 'x'), file('gone'), file('huge'), file('c')]);
    expect(texts('[data-state]')).toEqual(['ready', 'empty', 'unreadable', 'too large', 'ready']);
    expect(sent().map((record) => record.pdq !== null)).toEqual([true, false, true]);
  });

  test('takes a picture off and leaves the keyboard on the next', async () => {
    await page().picker.take([file('a'), file('c'), file('d')]);
    const [first] = document.querySelectorAll<HTMLButtonElement>('[data-remove]');
    expect(first?.getAttribute('aria-label')).toBe('Take off a.jpg');
    first?.click();
    expect(texts('[data-name]')).toEqual(['c.jpg', 'd.jpg']);
    expect(document.activeElement?.getAttribute('aria-label')).toBe('Take off c.jpg');
    expect(sent()).toHaveLength(2);
  });

  test('passes over a picture that was taken off before its turn', async () => {
    const { picker } = page();
    const done = picker.take([file('a'), file('c')]);
    document.querySelectorAll<HTMLButtonElement>('[data-remove]')[1]?.click();
    await done;
    expect(sent()).toHaveLength(1);
  });

  test('keeps somebody quick from sending half a list, and then sends it', async () => {
    const { form, picker } = page();
    let submissions = 0;
    form.addEventListener('submit', (event) => {
      if (!event.defaultPrevented) submissions += 1;
      event.preventDefault();
    });
    const done = picker.take([file('a'), file('c')]);
    form.requestSubmit();
    expect([submissions, status()]).toEqual([0, 'one moment']);
    await done;
    expect(submissions).toBe(1);
    expect(sent()).toHaveLength(2);
  });

  test.each([
    ['gone', 'unreadable', '2 of 3'],
    ['huge', 'too large', '3 of 3'],
    ['b', 'few details', '3 of 3'],
  ])('stays when "%s" settles as %s after the press, until it is pressed again', async (...row) => {
    const [odd, sentence, summary] = row;
    const { form, picker } = page();
    let submissions = 0;
    form.addEventListener('submit', (event) => {
      if (!event.defaultPrevented) submissions += 1;
      event.preventDefault();
    });
    const done = picker.take([file('a'), file(odd), file('c')]);
    form.requestSubmit();
    await done;
    expect([submissions, status()]).toEqual([0, summary]);
    const focused = document.activeElement;
    expect(focused?.querySelector('[data-name]')?.textContent).toBe(`${odd}.jpg`);
    expect(focused?.querySelector('[data-state]')?.textContent).toBe(sentence);
    await picker.take([file('d')]);
    expect(submissions).toBe(0);
    form.requestSubmit();
    expect(submissions).toBe(1);
  });

  test('goes on by itself when the sentence was there before the press', async () => {
    const { form, picker } = page();
    let submissions = 0;
    form.addEventListener('submit', (event) => {
      if (!event.defaultPrevented) submissions += 1;
      event.preventDefault();
    });
    await picker.take([file('b')]);
    const done = picker.take([file('a')]);
    form.requestSubmit();
    await done;
    expect(submissions).toBe(1);
  });

  test('shows again what an earlier visit to the page left', async () => {
    await page().picker.take([file('a'), file('b')]);
    const left = JSON.stringify(sent());
    page(left);
    expect(texts('[data-name]')).toEqual(['a.jpg', 'b.jpg']);
    expect(texts('[data-state]')).toEqual(['ready', 'few details']);
  });

  test('says how many pictures there may be, and keeps saying it', async () => {
    const many = Array.from({ length: 60 }, (_, at) => file(String.fromCodePoint(0x4e00 + at)));
    const done = page().picker.take(many);
    expect(status()).toBe('at most 50');
    await done;
    expect(status()).toBe('50 of 50 at most 50');
    expect(sent()).toHaveLength(50);
  });

  test('says so where the browser lacks what it needs', () => {
    page();
    const root = document.querySelector('div') as HTMLElement;
    vi.stubGlobal('WebAssembly', undefined);
    picturePicker(root);
    vi.unstubAllGlobals();
    expect(status()).toBe('not in this browser');
    expect(document.querySelector<HTMLInputElement>('[data-picker-input]')?.disabled).toBe(true);
  });
});

describe('the list', () => {
  test('gives no two rows one name', () => {
    expect(distinctName('image.jpg', new Set())).toBe('image.jpg');
    expect(distinctName('image.jpg', new Set(['image.jpg', 'image.jpg (2)']))).toBe(
      'image.jpg (3)',
    );
  });

  test.each([
    [{ ...fingerprintsOf('a'), pdq: null, problem: 'undecodable' as const }, 'exact_only'],
    [{ ...fingerprintsOf('a'), pdq: null, problem: 'too-large' as const }, 'too_large'],
    [{ ...fingerprintsOf('a'), pdq: null, problem: 'guarded' as const }, 'guarded'],
    [fingerprintsOf('a', 49), 'low_quality'],
    [fingerprintsOf('a', 50), 'ready'],
  ])('has its verdict on each picture', (fingerprints, verdict) => {
    expect(verdictOf(fingerprints)).toBe(verdict);
  });

  test('drops records of another shape when it is restored', () => {
    const list = PictureList.restored('[{"id": 3}, null, "x"]', {});
    expect(list.size).toBe(0);
  });
});
