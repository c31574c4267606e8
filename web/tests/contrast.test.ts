// Contrast of every pair of colours that carries meaning, in the light and in the dark.
// WCAG 2.2: text 4.5 (1.4.3), lines of controls and focus 3 (1.4.11).
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

type Colours = ReadonlyMap<string, string>;

const read = (name: string) =>
  readFileSync(new URL(`../src/styles/${name}`, import.meta.url), 'utf8');

function coloursIn(source: string, pattern: RegExp): [string, string][] {
  return Array.from(source.matchAll(pattern), ([, name, hex]) => [name ?? '', hex ?? '']);
}

const design = read('_design.scss');
const [lightSource, darkSource] = read('_colours.scss').split('@media') as [string, string];
const OWN = /--([a-z-]+): (#[0-9a-f]{6})/g;
const light: Colours = new Map([
  ...coloursIn(design, /^ {4}([a-z-]+): (#[0-9a-f]{6})/gm),
  ...coloursIn(lightSource, OWN),
]);
const dark: Colours = new Map(
  coloursIn(darkSource, OWN).map(([name, hex]) => [name.replace(/^govuk-(.*)-colour$/, '$1'), hex]),
);

const TEXT_PAIRS: readonly (readonly [string, string])[] = [
  ...['text', 'secondary-text', 'link', 'link-visited', 'link-hover', 'link-active'].flatMap(
    (text) => [[text, 'body-background'] as const, [text, 'surface-background'] as const],
  ),
  ['error', 'body-background'],
  ['error', 'surface-background'],
  ['success', 'body-background'],
  ['good-text', 'surface-background'],
  ['surface-text', 'surface-background'],
  ['focus-text', 'focus'],
  ['button-text', 'button'],
  ['button-text', 'button-hover'],
  ['leave-text', 'leave'],
  ['leave-text', 'leave-hover'],
  ['soft-text', 'soft'],
  ['link', 'soft'],
  ['link-hover', 'soft'],
  ['quiet-text', 'card'],
  ['good-text', 'card'],
  ['link', 'card'],
  ['note-text', 'note'],
  ['bad-text', 'bad'],
  ['text', 'card'],
  ['quiet-text', 'body-background'],
  ['text', 'good'],
  ['good-strong-text', 'good-strong'],
  ['text', 'urgent-soft'],
  ['urgent-text', 'urgent'],
  ['urgent-text', 'urgent-hover'],
  ['good-text', 'good'],
  ['link', 'urgent-soft'],
  ['link-hover', 'urgent-soft'],
];

const LINE_PAIRS: readonly (readonly [string, string])[] = [
  ['input-border', 'body-background'],
  ['input-border', 'surface-background'],
  ['brand', 'body-background'],
  ['button', 'body-background'],
  ['leave', 'body-background'],
  ['text', 'body-background'],
  ['button', 'soft'],
  ['urgent', 'urgent-soft'],
  ['brand', 'soft'],
  ['text', 'card'],
];

function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(colours: Colours, [front, back]: readonly [string, string]): number {
  const values = [front, back].map((name) => {
    const hex = colours.get(name);
    if (!hex) throw new Error(`No colour ${name}`);
    return luminance(hex);
  }) as [number, number];
  return (Math.max(...values) + 0.05) / (Math.min(...values) + 0.05);
}

describe.each([
  ['light', light],
  ['dark', dark],
])('in the %s', (_scheme, colours) => {
  test.each(TEXT_PAIRS)('%s can be read on %s', (...pair) => {
    expect(contrast(colours, pair)).toBeGreaterThanOrEqual(4.5);
  });

  test.each(LINE_PAIRS)('%s can be seen on %s', (...pair) => {
    expect(contrast(colours, pair)).toBeGreaterThanOrEqual(3);
  });
});

test('the dark scheme leaves no colour of the light one', () => {
  expect([...dark.keys()].sort()).toEqual([...light.keys()].sort());
});
