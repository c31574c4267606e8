// The line below the list: how far the work is, how much is ready, and what just happened.
//
// A screen reader hears the beginning, the end and what happened, not each file: of fifty pictures
// it would otherwise talk for minutes. What a row says can be read there at any time.
import type { Texts } from './texts';

/** Where the picker is. The line asks for it whenever it says something, and counts nothing itself. */
export interface PickerCounts {
  /** Files picked since nothing was left to do, and how many of these are done, however they ended. */
  readonly picked: number;
  readonly finished: number;
  /** Rows on the page, and those of them that the form sends. */
  readonly shown: number;
  readonly ready: number;
  /** Someone pressed on: the form goes when all is done. */
  readonly waits: boolean;
}

/** Whether some of the picked files are not done. */
export function isAtWork({ picked, finished }: PickerCounts): boolean {
  return finished < picked;
}

/** What the line says. */
export class PickerStatus {
  private readonly element: HTMLElement;
  private readonly texts: Texts;
  private readonly counts: () => PickerCounts;
  private news = false;
  /** What happened last, and that files were left out. */
  private happened = '';
  private leftOut = '';

  constructor(element: HTMLElement, texts: Texts, counts: () => PickerCounts) {
    this.element = element;
    this.texts = texts;
    this.counts = counts;
  }

  /** More files were picked; `leftOut` stays until the next are. */
  begin(leftOut: string): void {
    this.happened = '';
    this.leftOut = leftOut;
    this.say('aloud');
  }

  /** The form waits for the work. */
  wait(): void {
    this.say('aloud');
  }

  /** One of the files is done, however it ended. */
  done(): void {
    this.say(this.news || !isAtWork(this.counts()) ? 'aloud' : 'silently');
  }

  /** Something has to be known of a file that is about to be done: `done` says it. */
  notice(text: string): void {
    this.happened = text;
    this.news = true;
  }

  /** What is known of a file is said once more, or that its row was removed. */
  happen(text: string): void {
    this.happened = text;
    this.say('aloud');
  }

  private say(how: 'aloud' | 'silently'): void {
    this.element.setAttribute('aria-live', how === 'aloud' ? 'polite' : 'off');
    this.news = false;
    const counts = this.counts();
    const count = isAtWork(counts) ? this.progress(counts) : this.summary(counts);
    const sentences = [count, this.happened, this.leftOut];
    this.element.textContent = sentences.filter((text) => text !== '').join(' ');
  }

  private progress({ picked, finished, waits }: PickerCounts): string {
    if (waits) return this.texts.get('wait');
    return this.texts.get('progress', { number: finished + 1, total: picked });
  }

  private summary({ shown, ready }: PickerCounts): string {
    return shown === 0 ? '' : this.texts.get('summary', { ready, total: shown });
  }
}
