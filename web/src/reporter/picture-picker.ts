// Pick pictures and videos: each file becomes a small record here; the file stays on the device.
import type { ListedKind } from '../fingerprints/file-kind';
import type { FileFingerprints } from '../fingerprints/fingerprint';
import { FingerprintQueue } from '../fingerprints/queue';
import { worksInTheBrowser } from './abilities';
import { fileDetails, percent } from './file-details';
import { boxKey, forgetPicked, pickedPictures, pickedRecords, rememberFor } from './page-memory';
import { isAtWork, type PickerCounts, PickerStatus } from './picker-status';
import { distinctName, PictureList, verdictOf, verdictOfRecord } from './picture-list';
import { PictureRow, type Settled } from './picture-row';
import { takeErrorAway } from './settled-error';
import { required, type Texts, textsOf } from './texts';

const MOST_PICTURES = 50;

/**
 * Mount on `<div data-module="picture-picker">` inside the form.
 *
 * Texts: waiting, working, working_video {percent}, ready, video, low_quality, exact_only,
 * too_large, guarded, unreadable, empty, refused, duplicate {name} {other}, removed {name},
 * remove {name}, progress {number} {total}, summary {ready} {total}, wait, too_many {most},
 * picture {number}, unnamed_video {number}, unable.
 */
export function picturePicker(root: HTMLElement): void {
  if (!worksInTheBrowser()) {
    sayUnable(root);
    return;
  }
  const queue = new FingerprintQueue();
  queue.warmUp();
  new PicturePicker(root, queue);
}

/** JavaScript runs, but what it needs is switched off: better said than a field that does nothing. */
function sayUnable(root: HTMLElement): void {
  required(root, '[data-picker-input]', HTMLInputElement).disabled = true;
  required(root, '[data-picker-status]', HTMLElement).textContent = textsOf(root).get('unable');
}

/** A file on the page, done or not. */
interface Shown {
  readonly id: string;
  /** The name that is shown and sealed; no other has it. */
  readonly name: string;
  readonly row: PictureRow;
  /** The file, while this page has it. */
  readonly file: File | null;
  /** Set off when the row is removed. */
  readonly removal: AbortController;
}

/** The picker on one element. */
export class PicturePicker {
  private readonly root: HTMLElement;
  private readonly texts: Texts;
  private readonly input: HTMLInputElement;
  private readonly rows: HTMLElement;
  private readonly template: HTMLTemplateElement;
  private readonly value: HTMLInputElement;
  private readonly status: PickerStatus;
  private readonly list: PictureList;
  private readonly queue: FingerprintQueue;
  /** By id, in the order of the rows. */
  private readonly shown = new Map<string, Shown>();
  /** Files picked since nothing was left to do, and how many of these are done. */
  private picked = 0;
  private finished = 0;
  private submitter: HTMLElement | null = null;
  private submitWhenDone = false;
  /** Ids of rows that got something to read while the form waited to go. */
  private readonly unread = new Set<string>();

  constructor(root: HTMLElement, queue: FingerprintQueue) {
    this.root = root;
    this.texts = textsOf(root);
    this.input = required(root, '[data-picker-input]', HTMLInputElement);
    this.rows = required(root, '[data-picker-list]', HTMLElement);
    this.template = required(root, '[data-picker-row]', HTMLTemplateElement);
    this.value = required(root, '[data-picker-value]', HTMLInputElement);
    const status = required(root, '[data-picker-status]', HTMLElement);
    this.status = new PickerStatus(status, this.texts, () => this.counts());
    this.queue = queue;
    // A visit, or the case that was opened with the key of this tab.
    rememberFor(root.dataset.visit ?? `case ${boxKey.get()?.slice(0, 16) ?? ''}`);
    if (root.hasAttribute('data-forget-picked')) forgetPicked(); // the case has all of it
    const unsent = /^(\[\])?$/.test(this.value.value) ? pickedRecords.get() : this.value.value;
    this.list = PictureList.restored(unsent, pickedPictures.all());
    this.keep();
    this.showRestored();
    this.input.addEventListener('change', () => {
      void this.take(Array.from(this.input.files ?? []));
      this.input.value = ''; // so that the same file can be picked again after it was removed
    });
    this.acceptDrops(root);
    this.input.form?.addEventListener('submit', (event) => this.beforeSending(event));
  }

  /** Put `files` on the list and work on them in turn; settles when all are done. */
  async take(files: File[]): Promise<void> {
    const room = MOST_PICTURES - this.shown.size;
    const leftOut = files.length > room ? this.texts.get('too_many', { most: MOST_PICTURES }) : '';
    const picked = files.slice(0, room).map((file) => {
      const taken = new Set(Array.from(this.shown.values(), ({ name }) => name));
      return this.show(crypto.randomUUID(), distinctName(file.name, taken), file);
    });
    this.picked += picked.length;
    this.status.begin(leftOut);
    await Promise.all(picked.map((each) => this.work(each, each.file)));
  }

  private async work(shown: Shown, file: File): Promise<void> {
    const { row } = shown;
    row.progress(0, this.texts.get('waiting'));
    try {
      const kind = file.size === 0 ? 'empty' : await this.queue.kindOf(file);
      if (kind === 'empty' || kind === 'other') {
        this.leaveOut(shown, kind === 'empty' ? 'empty' : 'refused');
        return;
      }
      if (kind === 'video') row.markVideo();
      const fingerprints = await this.queue.add(file, kind, shown.removal.signal, (share) =>
        row.progress(share, this.workingText(kind, share)),
      );
      if (fingerprints && this.shown.has(shown.id)) this.settle(shown, kind, fingerprints);
    } catch {
      this.leaveOut(shown, 'unreadable');
    } finally {
      this.finished += 1;
      if (!this.works) this.picked = this.finished = 0;
      this.status.done();
      if (!this.works && this.submitWhenDone) this.goOnOrShowUnread();
    }
  }

  private get works(): boolean {
    return isAtWork(this.counts());
  }

  private counts(): PickerCounts {
    const { picked, finished, submitWhenDone: waits } = this;
    return { picked, finished, shown: this.shown.size, ready: this.list.size, waits };
  }

  /** A picture takes a second, a video minutes: of that one the row says how far it is. */
  private workingText(kind: ListedKind, share: number): string {
    if (kind === 'picture') return this.texts.get('working');
    return this.texts.get('working_video', { percent: percent(share) });
  }

  private settle(shown: Shown, kind: ListedKind, fingerprints: FileFingerprints): void {
    const { id, name } = shown;
    const twin = this.list.add(id, name, kind, fingerprints);
    if (twin) {
      this.drop(id);
      this.status.notice(this.texts.get('duplicate', { name, other: twin.sameAs }));
      return;
    }
    this.keep();
    takeErrorAway(this.root);
    const verdict = verdictOf(kind, fingerprints);
    this.settleRow(shown, verdict === 'ready' ? 'good' : 'note', verdict);
  }

  /** The file can't be listed: the row stays, so that nobody wonders where it went. */
  private leaveOut(shown: Shown, text: 'empty' | 'refused' | 'unreadable'): void {
    if (!this.shown.has(shown.id)) return;
    this.settleRow(shown, 'bad', text);
    this.status.notice(`${shown.name}: ${this.texts.get(text)}`);
  }

  private settleRow({ id, row }: Shown, kind: Settled, text: string): void {
    row.settle(kind, this.texts.get(text));
    if (this.submitWhenDone && kind !== 'good') this.unread.add(id);
  }

  private showRestored(): void {
    let number = 0;
    for (const { record, name } of this.list.entries()) {
      number += 1;
      const unnamed = record.kind === 'video' ? 'unnamed_video' : 'picture';
      const { row } = this.show(
        record.id,
        name || this.texts.get(unnamed, { number }), // the tab forgot the names
        null,
      );
      if (record.kind === 'video') row.markVideo();
      const verdict = verdictOfRecord(record);
      row.settle(verdict === 'ready' ? 'good' : 'note', this.texts.get(verdict));
    }
  }

  private show<Picked extends File | null>(
    id: string,
    name: string,
    file: Picked,
  ): Shown & { readonly file: Picked } {
    const label = this.texts.get('remove', { name });
    const row = new PictureRow(this.template, name, label, () => this.remove(id));
    const shown = { id, name, row, file, removal: new AbortController() };
    this.shown.set(id, shown);
    this.rows.append(row.element);
    this.rows.hidden = false;
    if (file) this.tellApart(file.name);
    return shown;
  }

  /** Files of one name show their sizes and days, those that were there before as well. */
  private tellApart(fileName: string): void {
    const alike = Array.from(this.shown.values()).filter(
      ({ file, name }) => (file?.name ?? name) === fileName,
    );
    if (alike.length < 2) return;
    for (const { row, file } of alike) if (file) row.tellApart(fileDetails(file, new Date()));
  }

  /** Remove a row, end the work on it, and leave the keyboard where the next one now is. */
  private remove(id: string): void {
    const ids = Array.from(this.shown.keys());
    const next = ids[ids.indexOf(id) + 1] ?? ids[ids.indexOf(id) - 1];
    const name = this.shown.get(id)?.name ?? '';
    this.list.remove(id);
    this.keep();
    this.drop(id);
    this.status.happen(this.texts.get('removed', { name }));
    const neighbour = next === undefined ? undefined : this.shown.get(next);
    if (neighbour) neighbour.row.focusRemove();
    else this.input.focus();
  }

  private drop(id: string): void {
    const shown = this.shown.get(id);
    this.shown.delete(id);
    shown?.removal.abort();
    shown?.row.element.remove();
    this.rows.hidden = this.shown.size === 0;
  }

  private keep(): void {
    this.value.value = this.list.toJson();
    pickedRecords.set(this.value.value);
    pickedPictures.set(this.list.notes());
  }

  private beforeSending(event: SubmitEvent): void {
    if (this.works) this.waitForAll(event);
    else if (this.list.size === 0) this.stayAtLeftOut(event);
  }

  /** None of the files can be listed: the next page would only ask for a picture, not say why. */
  private stayAtLeftOut(event: SubmitEvent): void {
    const [first] = this.shown.values();
    if (!first) return;
    event.preventDefault();
    this.status.happen(`${first.name}: ${first.row.sentence}`);
    first.row.focus();
  }

  /** Someone quicker than the worker: the form goes by itself when all pictures turn out well. */
  private waitForAll(event: SubmitEvent): void {
    event.preventDefault();
    this.submitWhenDone = true;
    this.submitter = event.submitter;
    this.status.wait();
  }

  /** Send the form as was asked; but a sentence that came meanwhile must not vanish unread. */
  private goOnOrShowUnread(): void {
    this.submitWhenDone = false;
    const first = Array.from(this.shown).find(([id]) => this.unread.has(id))?.[1];
    this.unread.clear();
    if (first) first.row.focus();
    else this.input.form?.requestSubmit(this.submitter);
  }

  /** A picture dropped beside the list would open in this tab, for all to see; so take it here. */
  private acceptDrops(root: HTMLElement): void {
    document.addEventListener('dragover', (event) => event.preventDefault());
    document.addEventListener('drop', (event) => {
      event.preventDefault();
      void this.take(Array.from(event.dataTransfer?.files ?? []));
    });
    root.dataset.ready = 'true';
  }
}
