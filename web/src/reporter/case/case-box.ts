// Adding pictures, or stopping one: the box is sealed anew here and goes with the form.
import { type BoxContents, digestOfBox, openBox, sealBox } from '../../case-code/sealed-box';
import { forgetPicked, pickedPictures } from '../page-memory';
import { required, textsOf } from '../texts';
import { boxOnPage, keyOfThisTab } from './opened-box';

/** What a page makes of the box that there is; it may be tried on a newer one again. */
type BoxChange = (box: BoxContents) => BoxContents;

/** How a form went: taken, or to be sent as any form is, so that the hotline's page says why not. */
type Sent = 'taken' | 'not taken';

/** So many times another page may be quicker; then something else is wrong. */
const MOST_TRIES = 5;

/** The box with the pictures that were picked on this page. */
export const withPicked =
  (picked: BoxContents): BoxChange =>
  (box) => ({ ...box, ...picked });

/** The box in which a picture keeps its name alone, for the timeline. */
export const withoutDigest =
  (id: string): BoxChange =>
  (box) => {
    const note = box[id];
    return note ? { ...box, [id]: { ...note, digest: null } } : box;
  };

/**
 * Send `form` with the box changed and sealed under `key`, 32 bytes; rejects when nothing came back.
 *
 * The hotline takes a box only in the place of the one that it was made from, `sealed`. Where
 * another page was quicker it answers 409 with the newer one, and the change is made in that. Where
 * the case has some of the files it names their ids, too; the others are sent without these.
 */
export async function sendWithBox(
  form: HTMLFormElement,
  sealed: string,
  key: Uint8Array<ArrayBuffer>,
  change: BoxChange,
): Promise<Sent> {
  let current = sealed;
  const already = new Set<string>();
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const body = new URLSearchParams([...new FormData(form)].map(([k, v]) => [k, String(v)]));
    const notes = Object.entries(change(await openBox(current, key)));
    const kept = Object.fromEntries(notes.filter(([id]) => !already.has(id)));
    body.set('sealed_names', await sealBox(kept, key));
    if (already.size > 0) body.set('pictures', without(already, body.get('pictures') ?? '[]'));
    body.set('made_from', await digestOfBox(current));
    const answer = await fetch(form.action, { method: 'POST', body, redirect: 'manual' });
    if (answer.status === 204) return 'taken';
    if (answer.status !== 409) return 'not taken';
    const newer: unknown = await answer.json();
    if (typeof newer !== 'object' || newer === null || !('sealed' in newer)) return 'not taken';
    current = String(newer.sealed);
    const there = 'already' in newer && Array.isArray(newer.already) ? newer.already : [];
    for (const id of there) already.add(String(id));
  }
  return 'not taken';
}

/** The pictures of a form, as JSON, without those of these ids. */
function without(ids: ReadonlySet<string>, pictures: string): string {
  const records: readonly { id: string }[] = JSON.parse(pictures);
  return JSON.stringify(records.filter(({ id }) => !ids.has(id)));
}

/**
 * Mount inside the form, after the picker, whose listener must come first.
 *
 * `data-change` is `add` or `withdraw` (of `data-picture`), `data-sealed` the box, `data-after`
 * where to go then. Without the key the form goes as it is, and the box stays. Texts: working,
 * failed.
 */
export function caseBox(root: HTMLElement): void {
  const form = root.closest('form');
  const key = keyOfThisTab();
  if (!form || !key) return;
  const texts = textsOf(root);
  const status = required(root, '[data-box-status]', HTMLElement);
  let working = false;
  form.addEventListener('submit', async (event) => {
    if (event.defaultPrevented) return; // pictures are still being read
    event.preventDefault();
    if (working) return;
    working = true;
    form.setAttribute('aria-busy', 'true');
    status.textContent = texts.get('working');
    try {
      if (!(await boxOnPage(root))) {
        form.submit(); // the key of another case: its box stays as it is
        return;
      }
      const sent = await sendWithBox(form, root.dataset.sealed ?? '', key, changeOf(root));
      if (sent === 'taken') {
        forgetPicked();
        location.assign(root.dataset.after ?? '');
      } else form.submit();
    } catch {
      status.textContent = texts.get('failed');
      working = false;
      form.removeAttribute('aria-busy');
    }
  });
}

function changeOf(root: HTMLElement): BoxChange {
  return root.dataset.change === 'withdraw'
    ? withoutDigest(root.dataset.picture ?? '')
    : withPicked(pickedPictures.all());
}
