// One row of the picture list: a name, a bar, a sentence, a button. Never the picture itself.
import { required } from './texts';

/** How a row ended: well, with something to know, or left out. */
export type Settled = 'good' | 'note' | 'bad';

/** The row's elements, made from `<template data-picker-row>`. */
export class PictureRow {
  readonly element: HTMLElement;
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
    this.bar = required(element, 'progress', HTMLProgressElement);
    this.state = required(element, '[data-state]', HTMLElement);
    const ownDirection = document.createElement('bdi'); // a name may run the other way
    ownDirection.textContent = name;
    required(element, '[data-name]', HTMLElement).replaceChildren(ownDirection);
    this.bar.max = 1;
    this.bar.value = 0;
    this.bar.setAttribute('aria-label', name);
    const button = required(element, 'button[data-remove]', HTMLButtonElement);
    button.setAttribute('aria-label', removeLabel);
    button.addEventListener('click', onRemove);
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

  /** Bring the keyboard, and with it a screen reader, to the row's name and sentence. */
  focus(): void {
    this.element.tabIndex = -1;
    this.element.focus();
  }

  focusRemove(): void {
    this.element.querySelector<HTMLButtonElement>('button[data-remove]')?.focus();
  }
}
