// The page that tests of the picker share: its form, a worker that answers at once, and files.
import type { FileFingerprints } from '../src/fingerprints/fingerprint';
import {
  type FileWorker,
  FingerprintQueue,
  UnreadableFile,
  WorkerEnded,
} from '../src/fingerprints/queue';
import type { PictureRecord } from '../src/reporter/picture-list';
import { PicturePicker } from '../src/reporter/picture-picker';

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

export function fingerprintsOf(seed: string, quality = 90): FileFingerprints {
  const sha256 = seed.repeat(64).slice(0, 64);
  const pdq = { hex: sha256, quality };
  const crops = [{ hex: '1'.repeat(64), quality: 70 }];
  return { sha256, md5: seed.repeat(32), pdq, crops, problem: null };
}

export const MAGIC = { gif: 'GIF89a', mp4: '\0\0\0\x14ftypmp42\0\0\0\0isom', pdf: '%PDF-1.7\n' };

/** Answers by the text of the file; the true worker is driven in Chromium (tests/browser). */
export const worker = {
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

/** A form with a picker on it, in which `value` was left by an earlier visit. */
export function page(
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

/** A GIF to the picker, whose text says what the worker makes of it. */
export const file = (text: string, name = `${text}.jpg`) =>
  new File(text === '' ? [] : [MAGIC.gif, text], name);
export const video = (text: string, name: string) => new File([MAGIC.mp4, text], name);
export const texts = (selector: string) =>
  Array.from(document.querySelectorAll(selector), (element) => element.textContent);
export const status = () => document.querySelector('[data-picker-status]')?.textContent;
export const sent = (): PictureRecord[] =>
  JSON.parse(document.querySelector<HTMLInputElement>('[data-picker-value]')?.value || '[]');

/** The names that will go into the sealed box. */
export const keptNames = (): string[] =>
  Object.values<{ name: string }>(
    JSON.parse(sessionStorage.getItem('picked-pictures') ?? '{}'),
  ).map(({ name }) => name);

/** Counts how often the form was sent, and keeps it from leaving the page. */
export function countSubmissions(form: HTMLFormElement): () => number {
  let submissions = 0;
  form.addEventListener('submit', (event) => {
    if (!event.defaultPrevented) submissions += 1;
    event.preventDefault();
  });
  return () => submissions;
}
