import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type BoxContents,
  contentsFrom,
  digestOfBox,
  openBox,
  sealBox,
} from '../src/case-code/sealed-box';
import { fromHex } from '../src/hexadecimal';
import { sendWithBox, withoutDigest, withPicked } from '../src/reporter/case/case-box';
import { idsByDigest } from '../src/reporter/case/own-thumbnails';

const wrap = fromHex('0f'.repeat(32));
const note = (name: string, digit = 'a') => ({ name, digest: digit.repeat(64) });
const contents: BoxContents = { 'id-1': note('beach.jpg'), 'id-2': note('صورة.png', 'b') };

describe('the sealed box', () => {
  test('opens again with the same key', async () => {
    expect(await openBox(await sealBox(contents, wrap), wrap)).toEqual(contents);
  });

  test('stays shut for another key', async () => {
    const sealed = await sealBox(contents, wrap);
    await expect(openBox(sealed, fromHex('0e'.repeat(32)))).rejects.toThrow();
  });

  test('stays shut when a byte was changed', async () => {
    const sealed = await sealBox(contents, wrap);
    const changed = sealed[30] === 'A' ? 'B' : 'A';
    await expect(openBox(sealed.slice(0, 30) + changed + sealed.slice(31), wrap)).rejects.toThrow();
  });

  test('does not tell by its length what the names are', async () => {
    const short = await sealBox({ a: note('b') }, wrap);
    const long = await sealBox({ a: note('b'.repeat(80)) }, wrap);
    expect(short).toHaveLength(long.length);
  });

  test('never looks the same twice', async () => {
    expect(await sealBox(contents, wrap)).not.toBe(await sealBox(contents, wrap));
  });

  test('keeps so much of a long name that a full case has room', async () => {
    const box = await openBox(await sealBox({ a: note('ß'.repeat(300)) }, wrap), wrap);
    expect(box.a?.name).toBe('ß'.repeat(80));
  });

  test('is empty before anything was sealed', async () => {
    expect(await openBox('', wrap)).toEqual({});
  });

  test('leaves out what is no note', () => {
    expect(
      contentsFrom({ a: note('x'), b: 'name', c: { name: 1, digest: null }, d: null }),
    ).toEqual({ a: note('x') });
  });
});

describe('what a page changes in the box', () => {
  test('a picture that is stopped keeps its name and is not recognised any more', () => {
    const changed = withoutDigest('id-1')(contents);
    expect(changed).toEqual({ ...contents, 'id-1': { name: 'beach.jpg', digest: null } });
    expect([...idsByDigest(changed)]).toEqual([['b'.repeat(64), 'id-2']]);
    expect(withoutDigest('never there')(contents)).toEqual(contents);
  });
});

/** Keeps a box as the hotline does: only in the place of the one that a new one was made from. */
class Hotline {
  private digest = '';
  private kept = '';

  get sealed(): string {
    return this.kept;
  }

  async keep(sealed: string): Promise<void> {
    this.digest = await digestOfBox(sealed);
    this.kept = sealed;
  }

  async answer(body: URLSearchParams): Promise<Response> {
    const sealed = body.get('sealed_names') ?? '';
    const digest = await digestOfBox(sealed);
    if (body.get('made_from') !== this.digest)
      // from here on nothing comes between
      return Response.json({ sealed: this.kept }, { status: 409 });
    [this.kept, this.digest] = [sealed, digest];
    return new Response(null, { status: 204 });
  }
}

describe('two tabs with one case', () => {
  const hotline = new Hotline();
  const form = { action: '/case/pictures' } as HTMLFormElement;

  beforeEach(async () => {
    await hotline.keep('');
    vi.stubGlobal(
      'FormData',
      class {
        *[Symbol.iterator]() {
          yield ['pictures', '[]'];
        }
      },
    );
    vi.stubGlobal('fetch', (_path: string, { body }: { body: URLSearchParams }) =>
      hotline.answer(body),
    );
    return () => vi.unstubAllGlobals();
  });

  test('do not overwrite each other: the later one seals again, with both', async () => {
    const seenByBoth = await sealBox(contents, wrap);
    await hotline.keep(seenByBoth);
    const adds = (id: string) => withPicked({ [id]: note(`${id}.jpg`, 'c') });
    expect(await sendWithBox(form, seenByBoth, wrap, adds('id-3'))).toBe('taken');
    expect(await sendWithBox(form, seenByBoth, wrap, withoutDigest('id-1'))).toBe('taken');
    expect(await sendWithBox(form, seenByBoth, wrap, adds('id-4'))).toBe('taken');
    expect(await openBox(hotline.sealed, wrap)).toEqual({
      'id-1': { name: 'beach.jpg', digest: null },
      'id-2': contents['id-2'],
      'id-3': note('id-3.jpg', 'c'),
      'id-4': note('id-4.jpg', 'c'),
    });
  });

  test('at the same time: nothing is lost', async () => {
    const ids = ['a', 'b', 'c'];
    await Promise.all(ids.map((id) => sendWithBox(form, '', wrap, withPicked({ [id]: note(id) }))));
    expect(Object.keys(await openBox(hotline.sealed, wrap)).sort()).toEqual(ids);
  });

  test('files that the case has are left out of the form and of the box', async () => {
    const sent: URLSearchParams[] = [];
    vi.stubGlobal('fetch', async (_: string, { body }: { body: URLSearchParams }) => {
      sent.push(body);
      if (sent.length > 1) return new Response(null, { status: 204 });
      return Response.json({ sealed: '', already: ['twin'] }, { status: 409 });
    });
    vi.stubGlobal(
      'FormData',
      class {
        *[Symbol.iterator]() {
          yield ['pictures', JSON.stringify([{ id: 'twin' }, { id: 'new' }])];
        }
      },
    );
    const adds = withPicked({ twin: note('a'), new: note('b') });
    expect(await sendWithBox(form, '', wrap, adds)).toBe('taken');
    expect(JSON.parse(sent[1]?.get('pictures') ?? '')).toEqual([{ id: 'new' }]);
    const box = await openBox(sent[1]?.get('sealed_names') ?? '', wrap);
    expect(Object.keys(box)).toEqual(['new']);
  });

  test('a box that never fits is given up, and the form goes as any form does', async () => {
    vi.stubGlobal('fetch', async () => Response.json({ sealed: '' }, { status: 409 }));
    expect(await sendWithBox(form, '', wrap, withPicked({}))).toBe('not taken');
  });
});
