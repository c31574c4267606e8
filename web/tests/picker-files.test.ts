// @vitest-environment happy-dom
// What the picker makes of files that are no pictures, and of files of one name.
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { FileFingerprints } from '../src/fingerprints/fingerprint';
import { WorkerEnded } from '../src/fingerprints/queue';
import { fileDetails } from '../src/reporter/file-details';
import {
  countSubmissions,
  file,
  fingerprintsOf,
  keptNames,
  MAGIC,
  page,
  sent,
  status,
  texts,
  video,
  worker,
} from './picker-page';

beforeEach(() => {
  sessionStorage.clear();
  document.documentElement.lang = 'en';
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
    const submissions = countSubmissions(form);
    await picker.take([new File([MAGIC.pdf], 'homework.pdf'), file('', 'void.jpg')]);
    form.requestSubmit();
    expect(submissions()).toBe(0);
    expect(texts('[data-state]')).toEqual(['refused', 'empty']);
    expect(status()).toBe('0 of 2 homework.pdf: refused');
    const focused = document.activeElement;
    expect(focused?.querySelector('[data-name]')?.textContent).toBe('homework.pdf');
    await picker.take([file('a')]);
    form.requestSubmit();
    expect(submissions()).toBe(1);
  });

  test('leaves it to the server to ask for a picture where no file was picked', () => {
    const { form } = page();
    const submissions = countSubmissions(form);
    form.requestSubmit();
    expect(submissions()).toBe(1);
  });

  test('stays when the press came first and every file was refused', async () => {
    const { form, picker } = page();
    const submissions = countSubmissions(form);
    const done = picker.take([new File([MAGIC.pdf], 'homework.pdf')]);
    form.requestSubmit();
    await done;
    form.requestSubmit();
    expect(submissions()).toBe(0);
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
