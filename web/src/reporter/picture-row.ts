// One row of the picture list: a name, a bar, a sentence, a button. Never the picture itself.
import { required } from './texts';

/** How a row ended: well, with something to know, or left out. */
export type Settled = 'good' | 'note' | 'bad';

/** The row's elements, made from `<template data-picker-row>`. */
export class PictureRow {
  readonly element: HTMLElement;
  private readonly name: HTMLElement;
  private readonly bar: HTMLProgressElement;
  private readonly state: HTMLElement;

  constructor(
    template: HTMLTemplateElement,
    name: string,
    removeLabel: string,
    onRemove: () => void,
  ) {
    const element = template.content.firstElementChild?.cloneNode(true);
    if (!(element instanceof HTMLElement)) throw new Error('The template has no row.');
    this.element = element;
    this.name = required(element, '[data-name]', HTMLElement);
    this.bar = required(element, 'progress', HTMLProgressElement);
    this.state = required(element, '[data-state]', HTMLElement);
    this.name.replaceChildren(inItsOwnDirection(name));
    this.bar.max = 1;
    this.bar.value = 0;
    this.bar.setAttribute('aria-label', name);
    const button = required(element, 'button[data-remove]', HTMLButtonElement);
    button.setAttribute('aria-label', removeLabel);
    button.addEventListener('click', onRemove);
  }

  /** Show the mark of a video. */
  markVideo(): void {
    required(this.element, '[data-video]', HTMLElement).hidden = false;
  }

  /** Show what tells this file from others of its name, after the name. */
  tellApart(details: string): void {
    const [name] = this.name.children;
    if (name) this.name.replaceChildren(name, ' ', inItsOwnDirection(details));
  }

  /** Share done, 0 to 1. */
  progress(share: number, text: string): void {
    this.bar.value = share;
    this.state.textContent = text;
  }

  /** `kind` is for the look. */
  settle(kind: Settled, text: string): void {
    this.bar.value = 1;
    this.bar.hidden = true;
    this.element.dataset.settled = kind;
    this.state.textContent = text;
  }

  /** What the row says of its file. */
  get sentence(): string {
    return this.state.textContent ?? '';
  }

  /** Bring the keyboard, and with it a screen reader, to the row's name and sentence. */
  focus(): void {
    this.element.tabIndex = -1;
    this.element.focus();
  }

  focusRemove(): void {
    this.element.querySelector<HTMLButtonElement>('button[data-remove]')?.focus();
  }
}

/** A name may run the other way than the page. */
function inItsOwnDirection(text: string): HTMLElement {
  const element = document.createElement('bdi');
  element.textContent = text;
  return element;
}
