// The line below the list: how far the work is, how much is ready, and what just happened.
//
// A screen reader hears the beginning, the end and what happened, not each file: of fifty pictures
// it would otherwise talk for minutes. What a row says can be read there at any time.
import type { Texts } from './texts';

/** What the line says. */
export class PickerStatus {
  private readonly element: HTMLElement;
  private readonly texts: Texts;
  private total = 0;
  private finished = 0;
  private waits = false;
  private news = false;
  /** The count or the progress, what happened last, and that files were left out. */
  private count = '';
  private happened = '';
  private leftOut = '';

  constructor(element: HTMLElement, texts: Texts) {
    this.element = element;
    this.texts = texts;
  }

  /** `picked` more files are worked on; `leftOut` stays until the next are picked. */
  begin(picked: number, leftOut: string): void {
    this.happened = '';
    this.leftOut = leftOut;
    this.total += picked;
    if (this.works) this.count = this.progress();
    this.say('aloud');
  }

  /** Someone pressed on: the form goes when all is done. */
  wait(): void {
    this.waits = true;
    this.count = this.progress();
    this.say('aloud');
  }

  /** One of the files is done, however it ended. */
  done(ready: number, shown: number): void {
    this.finished += 1;
    if (this.works) {
      this.count = this.progress();
      this.say(this.news ? 'aloud' : 'silently');
      return;
    }
    this.total = 0;
    this.finished = 0;
    this.waits = false;
    this.count = this.summary(ready, shown);
    this.say('aloud');
  }

  /** Something has to be known of a file that is about to be done: `done` says it. */
  notice(text: string): void {
    this.happened = text;
    this.news = true;
  }

  /** What is known of a file is said once more, because somebody would go on without it. */
  repeat(text: string): void {
    this.happened = text;
    this.say('aloud');
  }

  /** A row was removed. */
  removed(text: string, ready: number, shown: number): void {
    if (!this.works) this.count = this.summary(ready, shown);
    this.happened = text;
    this.say('aloud');
  }

  private get works(): boolean {
    return this.finished < this.total;
  }

  private progress(): string {
    if (this.waits) return this.texts.get('wait');
    return this.texts.get('progress', { number: this.finished + 1, total: this.total });
  }

  private summary(ready: number, shown: number): string {
    return shown === 0 ? '' : this.texts.get('summary', { ready, total: shown });
  }

  private say(how: 'aloud' | 'silently'): void {
    this.element.setAttribute('aria-live', how === 'aloud' ? 'polite' : 'off');
    this.news = false;
    const sentences = [this.count, this.happened, this.leftOut];
    this.element.textContent = sentences.filter((text) => text !== '').join(' ');
  }
}
