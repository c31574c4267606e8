// @vitest-environment happy-dom
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { FileFingerprints } from '../src/fingerprints/fingerprint';
import {
  type FileWorker,
  FingerprintQueue,
  UnreadableFile,
  WorkerEnded,
} from '../src/fingerprints/queue';
import { fileDetails } from '../src/reporter/file-details';
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
  refused: 'refused',
  video: 'a video',
  working_video: 'at {percent}',
  progress: 'now {number} of {total}',
  removed: '{name} removed',
  remove: 'Remove {name}',
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

const MAGIC = { gif: 'GIF89a', mp4: '\0\0\0\x14ftypmp42\0\0\0\0isom', pdf: '%PDF-1.7\n' };

/** Answers by the text of the file; the true worker is driven in Chromium (tests/browser). */
const worker = {
  async fingerprint(file: File, pixels: boolean): Promise<FileFingerprints> {
    const whole = await file.text();
    if (whole.startsWith(MAGIC.mp4)) {
      if (pixels) throw new Error('A video was given to the picture decoder.');
      const exact = fingerprintsOf(whole.slice(MAGIC.mp4.length));
      return { ...exact, pdq: null, crops: [], problem: 'undecodable' };
    }
    const text = whole.slice(MAGIC.gif.length);
    if (text === 'gone') throw new UnreadableFile();
    if (text === 'huge' && pixels) throw new WorkerEnded();
    if (text === 'huge')
      return { ...fingerprintsOf('e'), pdq: null, crops: [], problem: 'undecodable' };
    return fingerprintsOf(text, text === 'b' ? 20 : 90);
  },
};

function page(
  value = '',
  by: FileWorker = worker,
): { form: HTMLFormElement; picker: PicturePicker } {
  document.body.innerHTML = `<form><div data-module="picture-picker">
    <input type="file" multiple data-picker-input><p role="status" data-picker-status></p>
    <ul data-picker-list></ul>
    <template data-picker-row><li class="picture-row"><span data-video hidden></span><span data-name></span>
      <progress data-progress></progress><span data-state></span>
      <button type="button" data-remove></button></li></template>
    <input type="hidden" name="pictures" data-picker-value></div></form>`;
  const form = document.forms[0] as HTMLFormElement;
  const hidden = form.querySelector<HTMLInputElement>('[data-picker-value]');
  if (hidden) hidden.value = value;
  const root = form.querySelector('div') as HTMLElement;
  root.dataset.texts = JSON.stringify(TEXTS);
  return { form, picker: new PicturePicker(root, new FingerprintQueue(by)) };
}

const file = (text: string, name = `${text}.jpg`) =>
  new File(text === '' ? [] : [MAGIC.gif, text], name);
const video = (text: string, name: string) => new File([MAGIC.mp4, text], name);
const texts = (selector: string) =>
  Array.from(document.querySelectorAll(selector), (element) => element.textContent);
const status = () => document.querySelector('[data-picker-status]')?.textContent;
const sent = (): PictureRecord[] =>
  JSON.parse(document.querySelector<HTMLInputElement>('[data-picker-value]')?.value || '[]');

/** The names that will go into the sealed box. */
const keptNames = (): string[] =>
  Object.values<{ name: string }>(
    JSON.parse(sessionStorage.getItem('picked-pictures') ?? '{}'),
  ).map(({ name }) => name);

beforeEach(() => {
  sessionStorage.clear();
  document.documentElement.lang = 'en';
});

describe('the picker', () => {
  test('lists each picture by its name and sends only its fingerprints', async () => {
    await page().picker.take([file('a', 'beach.jpg'), file('c', 'dog.jpg')]);
    expect(texts('[data-name]')).toEqual(['beach.jpg', 'dog.jpg']);
    expect(texts('[data-state]')).toEqual(['ready', 'ready']);
    expect(status()).toBe('2 of 2');
    expect(sent().map((record) => Object.keys(record).sort())).toEqual(
      new Array(2).fill(['crops', 'id', 'kind', 'md5', 'pdq', 'quality', 'sha256']),
    );
    expect(sent()[0]?.crops).toEqual([{ pdq: '1'.repeat(64), quality: 70 }]);
    expect(JSON.stringify(sent())).not.toContain('beach');
    const noted = JSON.parse(sessionStorage.getItem('picked-pictures') ?? '');
    expect(Object.values(noted)).toEqual([
      { name: 'beach.jpg', digest: 'a'.repeat(64) },
      { name: 'dog.jpg', digest: 'c'.repeat(64) },
    ]);
  });

  test('notices the same picture under another name', async () => {
    await page().picker.take([file('a', 'one.jpg'), file('a', 'two.jpg')]);
    expect(texts('[data-name]')).toEqual(['one.jpg']);
    expect(status()).toBe('1 of 1 two.jpg is one.jpg');
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

  test('removes a picture and leaves the keyboard on the next', async () => {
    await page().picker.take([file('a'), file('c'), file('d')]);
    const [first] = document.querySelectorAll<HTMLButtonElement>('[data-remove]');
    expect(first?.getAttribute('aria-label')).toBe('Remove a.jpg');
    first?.click();
    expect(texts('[data-name]')).toEqual(['c.jpg', 'd.jpg']);
    expect(document.activeElement?.getAttribute('aria-label')).toBe('Remove c.jpg');
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
    expect(submissions).toBe(0);
    expect(status()).toContain(summary);
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
    expect(status()).toBe('now 1 of 50 at most 50');
    await done;
    expect(status()).toBe('50 of 50 at most 50');
    expect(sent()).toHaveLength(50);
  });

  test('hears no more of a picture than that it began, and all of what has to be known', async () => {
    const heard: string[] = [];
    const { picker } = page();
    const line = document.querySelector('[data-picker-status]') as HTMLElement;
    new MutationObserver(() => {
      if (line.getAttribute('aria-live') !== 'off') heard.push(line.textContent ?? '');
    }).observe(line, { childList: true });
    await picker.take([file('a'), file('c'), file('a', 'twin.jpg'), file('d'), file('e')]);
    await new Promise((resolve) => setTimeout(resolve));
    expect(heard).toEqual([
      'now 1 of 5',
      'now 4 of 5 twin.jpg is a.jpg',
      '4 of 4 twin.jpg is a.jpg',
    ]);
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

describe('fault A6: files that are no pictures', () => {
  test('takes a video openly, for exact copies, and never decodes it', async () => {
    await page().picker.take([video('a', 'party.mp4'), file('c')]);
    expect(texts('[data-state]')).toEqual(['a video', 'ready']);
    const rows = document.querySelectorAll<HTMLElement>('.picture-row');
    expect(Array.from(rows, (row) => row.dataset.settled)).toEqual(['note', 'good']);
    const marks = document.querySelectorAll<HTMLElement>('[data-picker-list] [data-video]');
    expect(Array.from(marks, (mark) => mark.hidden)).toEqual([false, true]);
    const exact = { kind: 'video', pdq: null, quality: null, crops: [], sha256: 'a'.repeat(64) };
    expect(sent()[0]).toMatchObject(exact);
    expect(sent()[1]?.kind).toBe('picture');
    page(JSON.stringify(sent()));
    expect(texts('[data-state]')).toEqual(['a video', 'ready']);
    const [mark] = document.querySelectorAll<HTMLElement>('[data-picker-list] [data-video]');
    expect(mark?.hidden).toBe(false);
  });

  test.each(['homework.pdf', 'homework.jpg', 'homework.mp4'])(
    'refuses a PDF by the name of %s',
    async (name) => {
      const type = name.endsWith('mp4') ? 'video/mp4' : 'image/jpeg';
      await page().picker.take([new File([MAGIC.pdf], name, { type }), file('c')]);
      expect(texts('[data-state]')).toEqual(['refused', 'ready']);
      expect(document.querySelector<HTMLElement>('.picture-row')?.dataset.settled).toBe('bad');
      expect(status()).toBe(`1 of 2 ${name}: refused`);
      expect(sent()).toHaveLength(1);
      expect(keptNames()).toEqual(['c.jpg']);
    },
  );

  test('stays at a file that is refused while nothing else is there, and says why', async () => {
    const { form, picker } = page();
    let submissions = 0;
    form.addEventListener('submit', (event) => {
      if (!event.defaultPrevented) submissions += 1;
      event.preventDefault();
    });
    await picker.take([new File([MAGIC.pdf], 'homework.pdf'), file('', 'void.jpg')]);
    form.requestSubmit();
    expect(submissions).toBe(0);
    expect(texts('[data-state]')).toEqual(['refused', 'empty']);
    expect(status()).toBe('0 of 2 homework.pdf: refused');
    const focused = document.activeElement;
    expect(focused?.querySelector('[data-name]')?.textContent).toBe('homework.pdf');
    await picker.take([file('a')]);
    form.requestSubmit();
    expect(submissions).toBe(1);
  });

  test('leaves it to the server to ask for a picture where no file was picked', () => {
    const { form } = page();
    let submissions = 0;
    form.addEventListener('submit', (event) => {
      if (!event.defaultPrevented) submissions += 1;
      event.preventDefault();
    });
    form.requestSubmit();
    expect(submissions).toBe(1);
  });

  test('stays when the press came first and every file was refused', async () => {
    const { form, picker } = page();
    let submissions = 0;
    form.addEventListener('submit', (event) => {
      if (!event.defaultPrevented) submissions += 1;
      event.preventDefault();
    });
    const done = picker.take([new File([MAGIC.pdf], 'homework.pdf')]);
    form.requestSubmit();
    await done;
    form.requestSubmit();
    expect(submissions).toBe(0);
  });

  test('says on the row how much of a video was read', async () => {
    const seen: (string | null)[] = [];
    const slow = {
      async fingerprint(_: File, __: boolean, onProgress: (share: number) => void) {
        for (const share of [0, 0.426, 0.999]) {
          onProgress(share);
          seen.push(...texts('[data-state]'));
        }
        return { ...fingerprintsOf('a'), pdq: null, crops: [], problem: 'undecodable' as const };
      },
    };
    await page('', slow).picker.take([video('a', 'party.mp4')]);
    expect(seen).toEqual(['at 0%', 'at 42%', 'at 99%']);
  });

  test('ends the work on a video that is removed, and goes on with the next', async () => {
    const begun: string[] = [];
    const ended: string[] = [];
    const stuck = {
      fingerprint(file: File, pixels: boolean, _: unknown, removed: AbortSignal) {
        if (pixels) return worker.fingerprint(file, pixels);
        begun.push(file.name);
        return new Promise<FileFingerprints>((_, reject) => {
          removed.addEventListener('abort', () => {
            ended.push(file.name);
            reject(new WorkerEnded());
          });
        });
      },
    };
    const done = page('', stuck).picker.take([video('a', 'party.mp4'), file('c')]);
    await vi.waitFor(() => expect(begun).toEqual(['party.mp4']));
    document.querySelector<HTMLButtonElement>('[data-remove]')?.click();
    await done;
    expect(ended).toEqual(['party.mp4']);
    expect(texts('[data-name]')).toEqual(['c.jpg']);
    expect(status()).toBe('1 of 1 party.mp4 removed');
    expect(sent().map(({ kind }) => kind)).toEqual(['picture']);
  });
});

describe('fault A6: files of one name', () => {
  function sized(text: string, name: string, size: number, day: string): File {
    const lastModified = new Date(day).getTime();
    const made = new File([MAGIC.gif, text], name, { lastModified });
    return Object.defineProperty(made, 'size', { value: size });
  }
  const lone = sized('c', 'dog.jpg', 500, '2020-01-02T12:00');
  const first = sized('a', 'image.jpg', 2_100_000, '2020-05-03T12:00');
  const second = sized('d', 'image.jpg', 1000, '2020-05-04T12:00');

  test('are told apart by size and day; what is sealed has a number', async () => {
    const { picker } = page();
    await picker.take([first, lone]);
    expect(texts('[data-name]')).toEqual(['image.jpg', 'dog.jpg']);
    await picker.take([second]);
    expect(texts('[data-name]')).toEqual([
      'image.jpg 2.1 MB · 3 May 2020',
      'dog.jpg',
      'image.jpg (2) 1 kB · 4 May 2020',
    ]);
    expect(keptNames()).toEqual(['image.jpg', 'dog.jpg', 'image.jpg (2)']);
    expect(JSON.stringify(sent())).not.toMatch(/image|MB|May/);
    const labels = document.querySelectorAll('[data-picker-list] [data-remove]');
    expect(Array.from(labels, (label) => label.getAttribute('aria-label'))).toEqual([
      'Remove image.jpg',
      'Remove dog.jpg',
      'Remove image.jpg (2)',
    ]);
  });

  test.each([
    ['en', '2.1 MB · 3 May'],
    ['de', '2,1 MB · 3. Mai'],
  ])('are told apart in the language of the page: %s', (language, details) => {
    document.documentElement.lang = language;
    expect(fileDetails(first, new Date('2020-12-31T12:00'))).toBe(details);
  });

  test('have digits as all our pages have', () => {
    document.documentElement.lang = 'bn';
    expect(fileDetails(first, new Date('2020-12-31T12:00'))).toMatch(/2\.1 .*3 /);
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
    expect(verdictOf('picture', fingerprints)).toBe(verdict);
    expect(verdictOf('video', fingerprints)).toBe('video');
  });

  test('drops records of another shape when it is restored', () => {
    const list = PictureList.restored('[{"id": 3}, null, "x"]', {});
    expect(list.size).toBe(0);
  });
});
