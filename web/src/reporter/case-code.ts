// The code step: make a code, show it, send only what it derives to, show it again.
import { CODE_DIGITS, grouped, newCode, readCode } from '../case-code/code';
import { deriveInWorker } from '../case-code/derive-in-worker';
import type { CaseKeys } from '../case-code/keys';
import { sealBox } from '../case-code/sealed-box';
import { toHex } from '../hexadecimal';
import { derivationOf } from './derivation';
import { boxKey, forgetPicked, pickedPictures, rememberFor, shownCode } from './page-memory';
import { required, type Texts, textsOf } from './texts';

/**
 * Mount on the element around the code step.
 *
 * `[data-code]` show the code, `[data-copy]` and `[data-save]` are buttons, `form[data-send]` sends,
 * `[data-code-status]` (role=status) says how it goes; `[data-before-send]` gives way to
 * `[data-after-send]`, whose `data-text-title` is the page's title from then on.
 * Texts: copied, not_copied, saved, note_name, working, sending, failed.
 */
export function caseCode(root: HTMLElement): void {
  const texts = textsOf(root);
  const derivation = derivationOf(root);
  const form = required(root, 'form[data-send]', HTMLFormElement);
  const lookup = required(form, 'input[name="lookup"]', HTMLInputElement);
  const sealedNames = required(form, 'input[name="sealed_names"]', HTMLInputElement);
  const say = (key: string | null) => {
    for (const status of root.querySelectorAll('[data-code-status]'))
      status.textContent = key === null ? '' : texts.get(key);
  };

  rememberFor(root.dataset.visit ?? '');
  const code = codeOfThisVisit() ?? newCode();
  shownCode.set(code);
  offerCode(root, code, texts, say);

  // Seconds on a slow phone, so it begins while the code is written down; *Send* tries it again.
  let keys: Promise<CaseKeys> | null = deriveInWorker(code, derivation);
  keys.catch(() => {
    keys = null;
  });
  let working = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (working) return;
    working = true;
    form.setAttribute('aria-busy', 'true');
    try {
      say('working');
      if (lookup.value === '') {
        const derived = await (keys ?? deriveInWorker(code, derivation));
        sealedNames.value = await sealBox(pickedPictures.all(), derived.wrap);
        lookup.value = toHex(derived.lookup);
        boxKey.set(toHex(derived.wrap));
      }
      say('sending');
      const answer = await fetch(form.action, {
        method: 'POST',
        body: new URLSearchParams([...new FormData(form)].map(([k, v]) => [k, String(v)])),
        redirect: 'manual',
      });
      if (answer.type === 'opaqueredirect') {
        location.assign(root.dataset.ended ?? '/'); // the visit timed out; that page says so
        return;
      }
      if (answer.status === 412) {
        location.assign(form.action); // another tab has led elsewhere: what is due there comes first
        return;
      }
      if (answer.status === 409) {
        shownCode.forget(); // another report has it, which chance alone can't bring about
        location.reload();
        return;
      }
      if (answer.status !== 204) throw new Error('not taken');
      shownCode.markSent();
      forgetPicked();
      say(null);
      showSent(root);
    } catch {
      say('failed');
    } finally {
      working = false;
      form.removeAttribute('aria-busy');
    }
  });
}

/** Mount on the page after sending: the tab still knows the code, and shows it again. */
export function sentCodeAgain(root: HTMLElement): void {
  rememberFor(root.dataset.visit ?? '');
  forgetPicked();
  const code = codeOfThisVisit();
  if (code === null) return;
  shownCode.markSent(); // the answer to *Send* may have got lost
  const texts = textsOf(root);
  const status = required(root, '[data-code-status]', HTMLElement);
  offerCode(root, code, texts, (key) => {
    status.textContent = key === null ? '' : texts.get(key);
  });
  for (const part of root.querySelectorAll<HTMLElement>('[data-code-known]')) part.hidden = false;
  for (const part of root.querySelectorAll<HTMLElement>('[data-code-unknown]')) part.hidden = true;
}

/** Show the code in its places, and let it be copied and saved. */
function offerCode(
  root: HTMLElement,
  code: string,
  texts: Texts,
  say: (key: string | null) => void,
): void {
  for (const place of root.querySelectorAll('[data-code]')) showCode(place, code);
  for (const button of root.querySelectorAll('[data-copy]'))
    button.addEventListener('click', async () =>
      say((await copied(code)) ? 'copied' : 'not_copied'),
    );
  for (const button of root.querySelectorAll('[data-save]'))
    button.addEventListener('click', () => {
      saveNote(code, texts.get('note_name') || 'note.txt');
      say('saved');
    });
}

function codeOfThisVisit(): string | null {
  const read = readCode(shownCode.get() ?? '');
  return 'code' in read ? read.code : null;
}

/** Groups in spans: the gaps are styling, and a screen reader gets one group at a time. */
function showCode(place: Element, code: string): void {
  const groups = grouped(code).split(' ');
  place.replaceChildren(
    ...groups.flatMap((group, index) => {
      const span = document.createElement('span');
      span.textContent = group;
      return index < groups.length - 1 ? [span, document.createTextNode(' ')] : [span];
    }),
  );
  place.setAttribute('dir', 'ltr'); // digits keep their order on a right-to-left page
  place.setAttribute('data-digits', String(CODE_DIGITS));
}

async function copied(code: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(grouped(code));
    return true;
  } catch {
    return false;
  }
}

/** A note with nothing but the number: who finds it learns nothing. */
function saveNote(code: string, name: string): void {
  const address = URL.createObjectURL(new Blob([`${grouped(code)}\n`], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

function showSent(root: HTMLElement): void {
  for (const part of root.querySelectorAll<HTMLElement>('[data-before-send]')) part.hidden = true;
  const after = required(root, '[data-after-send]', HTMLElement);
  after.hidden = false;
  document.title = after.dataset.textTitle ?? document.title;
  const heading = after.querySelector<HTMLElement>('h1, h2') ?? after;
  heading.tabIndex = -1;
  heading.focus();
}
