// Pick pictures: each file becomes a small record here; the file itself stays on the device.
import type { FileFingerprints } from '../fingerprints/fingerprint';
import { FingerprintQueue } from '../fingerprints/queue';
import { worksInTheBrowser } from './abilities';
import { pictureNames } from './page-memory';
import { distinctName, PictureList, verdictOf, verdictOfQuality } from './picture-list';
import { PictureRow, type Settled } from './picture-row';
import { required, type Texts, textsOf } from './texts';

const MOST_PICTURES = 50;

/**
 * Mount on `<div data-module="picture-picker">` inside the form.
 *
 * Texts: waiting, working, ready, low_quality, exact_only, too_large, guarded, unreadable, empty,
 * duplicate {name} {other}, removed {name}, remove {name}, summary {ready} {total}, wait,
 * too_many {most}, picture {number}, unable.
 */
export function picturePicker(root: HTMLElement): void {
  if (worksInTheBrowser()) new PicturePicker(root, new FingerprintQueue());
  else sayUnable(root);
}

/** JavaScript runs, but what it needs is switched off: better said than a field that does nothing. */
function sayUnable(root: HTMLElement): void {
  required(root, '[data-picker-input]', HTMLInputElement).disabled = true;
  required(root, '[data-picker-status]', HTMLElement).textContent = textsOf(root).get('unable');
}

/** The picker on one element. */
export class PicturePicker {
  private readonly texts: Texts;
  private readonly input: HTMLInputElement;
  private readonly rows: HTMLElement;
  private readonly template: HTMLTemplateElement;
  private readonly value: HTMLInputElement;
  private readonly status: HTMLElement;
  private readonly list: PictureList;
  private readonly queue: FingerprintQueue;
  /** Row by id, for every file on the page, done or not; the name is the one shown. */
  private readonly shown = new Map<string, { row: PictureRow; name: string }>();
  private working = 0;
  private submitter: HTMLElement | null = null;
  private submitWhenDone = false;
  /** Ids of rows that got something to read while the form waited to go. */
  private readonly unread = new Set<string>();
  /** Stays beside the count: pictures were left out. */
  private leftOut = '';

  constructor(root: HTMLElement, queue: FingerprintQueue) {
    this.texts = textsOf(root);
    this.input = required(root, '[data-picker-input]', HTMLInputElement);
    this.rows = required(root, '[data-picker-list]', HTMLElement);
    this.template = required(root, '[data-picker-row]', HTMLTemplateElement);
    this.value = required(root, '[data-picker-value]', HTMLInputElement);
    this.status = required(root, '[data-picker-status]', HTMLElement);
    this.queue = queue;
    this.list = PictureList.restored(this.value.value, pictureNames.all());
    this.showRestored();
    this.input.addEventListener('change', () => {
      void this.take(Array.from(this.input.files ?? []));
      this.input.value = ''; // so that the same file can be picked again after it was taken off
    });
    this.acceptDrops(root);
    this.input.form?.addEventListener('submit', (event) => this.waitForAll(event));
  }

  /** Put `files` on the list and work on them in turn; settles when all are done. */
  async take(files: File[]): Promise<void> {
    const room = MOST_PICTURES - this.shown.size;
    this.leftOut = files.length > room ? this.texts.get('too_many', { most: MOST_PICTURES }) : '';
    this.say(this.leftOut);
    await Promise.all(files.slice(0, room).map((file) => this.takeOne(file)));
  }

  private async takeOne(file: File): Promise<void> {
    const id = crypto.randomUUID();
    const name = distinctName(file.name, new Set(Array.from(this.shown.values(), (s) => s.name)));
    const row = this.showRow(id, name);
    if (file.size === 0) {
      this.settleRow(id, row, 'bad', 'empty');
      return;
    }
    row.progress(0, this.texts.get('waiting'));
    this.working += 1;
    try {
      const fingerprints = await this.queue.add(
        file,
        () => this.shown.has(id),
        (share) => row.progress(share, this.texts.get('working')),
      );
      if (fingerprints && this.shown.has(id)) this.settle(id, name, row, fingerprints);
    } catch {
      this.settleRow(id, row, 'bad', 'unreadable');
      this.say(`${name}: ${this.texts.get('unreadable')}`);
    } finally {
      this.working -= 1;
      if (this.working === 0 && this.submitWhenDone) this.goOnOrShowUnread();
    }
  }

  private settle(id: string, name: string, row: PictureRow, fingerprints: FileFingerprints): void {
    const twin = this.list.add(id, name, fingerprints);
    if (twin) {
      this.dropRow(id);
      this.say(this.texts.get('duplicate', { name, other: twin.sameAs }));
      return;
    }
    this.keep();
    const verdict = verdictOf(fingerprints);
    this.settleRow(id, row, verdict === 'ready' ? 'good' : 'note', verdict);
    this.saySummary();
  }

  private settleRow(id: string, row: PictureRow, kind: Settled, text: string): void {
    row.settle(kind, this.texts.get(text));
    if (this.submitWhenDone && kind !== 'good') this.unread.add(id);
  }

  private showRestored(): void {
    let number = 0;
    for (const { record, name } of this.list.entries()) {
      number += 1;
      const verdict = verdictOfQuality(record.quality);
      const shown = name || this.texts.get('picture', { number }); // the tab forgot the names
      this.showRow(record.id, shown).settle(
        verdict === 'ready' ? 'good' : 'note',
        this.texts.get(verdict),
      );
    }
  }

  private showRow(id: string, name: string): PictureRow {
    const label = this.texts.get('remove', { name });
    const row = new PictureRow(this.template, name, label, () => this.remove(id));
    this.shown.set(id, { row, name });
    this.rows.append(row.element);
    this.rows.hidden = false;
    return row;
  }

  /** Take a picture off, and leave the keyboard where the next one now is. */
  private remove(id: string): void {
    const ids = Array.from(this.shown.keys());
    const next = ids[ids.indexOf(id) + 1] ?? ids[ids.indexOf(id) - 1];
    const name = this.shown.get(id)?.name ?? '';
    this.list.remove(id);
    this.keep();
    this.dropRow(id);
    this.say(this.texts.get('removed', { name }));
    const neighbour = next === undefined ? undefined : this.shown.get(next);
    if (neighbour) neighbour.row.focusRemove();
    else this.input.focus();
  }

  private dropRow(id: string): void {
    this.shown.get(id)?.row.element.remove();
    this.shown.delete(id);
    this.rows.hidden = this.shown.size === 0;
  }

  private keep(): void {
    this.value.value = this.list.toJson();
    pictureNames.set(this.list.names());
  }

  /** Someone quicker than the worker: the form goes by itself when all pictures turn out well. */
  private waitForAll(event: SubmitEvent): void {
    if (this.working === 0) return;
    event.preventDefault();
    this.submitWhenDone = true;
    this.submitter = event.submitter;
    this.say(this.texts.get('wait'));
  }

  /** Send the form as was asked; but a sentence that came meanwhile must not vanish unread. */
  private goOnOrShowUnread(): void {
    this.submitWhenDone = false;
    const first = Array.from(this.shown).find(([id]) => this.unread.has(id))?.[1];
    this.unread.clear();
    if (first) {
      this.saySummary();
      first.row.focus();
    } else this.input.form?.requestSubmit(this.submitter);
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

  private saySummary(): void {
    const count = this.texts.get('summary', { ready: this.list.size, total: this.shown.size });
    this.say(this.leftOut === '' ? count : `${count} ${this.leftOut}`);
  }

  private say(text: string): void {
    this.status.textContent = text;
  }
}
