// @vitest-environment happy-dom
// The picker: what is picked, shown, taken off again and sent.
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { picturePicker } from '../src/reporter/picture-picker';
import { countSubmissions, file, page, sent, status, texts } from './picker-page';

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

  test('takes an error away once a picture is there', async () => {
    const { picker } = page();
    document.body.insertAdjacentHTML('afterbegin', '<div class="govuk-error-summary"></div>');
    const group = document.querySelector('[data-module]') as HTMLElement;
    group.classList.add('govuk-form-group--error');
    group.insertAdjacentHTML('afterbegin', '<p class="govuk-error-message">Pick one.</p>');
    const wrong = ['.govuk-error-summary', '.govuk-form-group--error', '.govuk-error-message'];
    const left = () => wrong.filter((selector) => document.querySelector(selector) !== null);
    await picker.take([file('', 'empty.jpg')]);
    expect(left()).toEqual(wrong);
    await picker.take([file('a')]);
    expect(left()).toEqual([]);
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
    const submissions = countSubmissions(form);
    const done = picker.take([file('a'), file('c')]);
    form.requestSubmit();
    expect([submissions(), status()]).toEqual([0, 'one moment']);
    await done;
    expect(submissions()).toBe(1);
    expect(sent()).toHaveLength(2);
  });

  test.each([
    ['gone', 'unreadable', '2 of 3'],
    ['huge', 'too large', '3 of 3'],
    ['b', 'few details', '3 of 3'],
  ])('stays when "%s" settles as %s after the press, until it is pressed again', async (...row) => {
    const [odd, sentence, summary] = row;
    const { form, picker } = page();
    const submissions = countSubmissions(form);
    const done = picker.take([file('a'), file(odd), file('c')]);
    form.requestSubmit();
    await done;
    expect(submissions()).toBe(0);
    expect(status()).toContain(summary);
    const focused = document.activeElement;
    expect(focused?.querySelector('[data-name]')?.textContent).toBe(`${odd}.jpg`);
    expect(focused?.querySelector('[data-state]')?.textContent).toBe(sentence);
    await picker.take([file('d')]);
    expect(submissions()).toBe(0);
    form.requestSubmit();
    expect(submissions()).toBe(1);
  });

  test('goes on by itself when the sentence was there before the press', async () => {
    const { form, picker } = page();
    const submissions = countSubmissions(form);
    await picker.take([file('b')]);
    const done = picker.take([file('a')]);
    form.requestSubmit();
    await done;
    expect(submissions()).toBe(1);
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
