// @vitest-environment happy-dom
import { beforeEach, describe, expect, test } from 'vitest';
import { fold } from '../src/reporter/fold';

const element = (selector: string) => document.querySelector(selector) as HTMLElement;
const menu = () => element('details') as HTMLDetailsElement;

beforeEach(() => {
  document.body.innerHTML = `
    <details open><summary tabindex="0">English</summary><a id="first" href="/ar/">A</a>
      <a id="second" href="/de/">B</a></details><a id="next" href="/">Next</a>`;
  fold(menu());
  element('#first').focus();
});

function leaveFor(next: string | null): void {
  const relatedTarget = next === null ? null : element(next);
  element('#first').dispatchEvent(new FocusEvent('focusout', { bubbles: true, relatedTarget }));
}

describe('a menu that is open', () => {
  test.each(['#second', 'summary'])('stays while the focus moves within it: %s', (next) => {
    leaveFor(next);
    expect(menu().open).toBe(true);
  });

  test('stays when the window is left', () => {
    leaveFor(null);
    expect(menu().open).toBe(true);
  });

  test('closes when the focus leaves it', () => {
    leaveFor('#next');
    expect(menu().open).toBe(false);
  });

  test('closes when something else is pressed', () => {
    element('#second').dispatchEvent(new MouseEvent('mousedown', { bubbles: true }));
    expect(menu().open).toBe(true);
    element('#next').click();
    expect(menu().open).toBe(false);
  });

  test('closes on Escape, and the keyboard stays with it', () => {
    element('#first').dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    expect(menu().open).toBe(false);
    expect(document.activeElement).toBe(element('summary'));
  });
});
