// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import { appealReference } from '../src/reporter/appeal-reference';

const REFERENCE = '0f0e4c1a-6f0b-4a55-9f3c-3f9a7d3d1c55';

function mounted(hash: string, typed = ''): { field: HTMLInputElement; arabic: HTMLAnchorElement } {
  location.hash = hash;
  document.body.innerHTML =
    '<a rel="alternate" href="/ar/appeal">ar</a><input maxlength="100"><a href="/">home</a>';
  const field = document.querySelector('input') as HTMLInputElement;
  field.value = typed;
  appealReference(field);
  return { field, arabic: document.querySelector('a') as HTMLAnchorElement };
}

beforeEach(() => {
  location.hash = '';
});

test('the reference of the link stands in the field, and goes along to other languages', () => {
  const { field, arabic } = mounted(`#reference=${REFERENCE}`);
  expect(field.value).toBe(REFERENCE);
  expect(arabic.hash).toBe(`#reference=${REFERENCE}`);
  expect(document.querySelectorAll('a')[1]?.hash).toBe('');
});

test('what was typed stays', () => {
  expect(mounted(`#reference=${REFERENCE}`, 'typed').field.value).toBe('typed');
});

test.each(['', '#', '#reference', '#reference=', '#other=1', '#%zz'])(
  '%s fills in nothing',
  (hash) => {
    const { field, arabic } = mounted(hash);
    expect(field.value).toBe('');
    expect(arabic.hash).toBe('');
  },
);

test('no more is taken than the field holds, and it is never markup', () => {
  expect(mounted(`#reference=${'a'.repeat(5000)}`).field.value).toHaveLength(100);
  const { field } = mounted('#reference=%22%3E%3Cimg%20src%3Dx%3E');
  expect(field.value).toBe('"><img src=x>');
  expect(document.querySelector('img')).toBeNull();
});
