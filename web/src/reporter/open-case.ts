// Coming back: the code is checked and turned into a key here; the code itself is not sent.
import { readCode } from '../case-code/code';
import { deriveInWorker } from '../case-code/derive-in-worker';
import { toHex } from '../hexadecimal';
import { worksInTheBrowser } from './abilities';
import { derivationOf } from './derivation';
import { boxKey, shownCode, typedUnsent } from './page-memory';
import { required, textsOf } from './texts';

/**
 * Mount on the form that asks for the code.
 *
 * `[data-code-hint]` takes what is wrong with the code, `[data-code-status]` (role=status) how the
 * work goes. Texts: letters, short, long, mistyped, working, failed.
 */
export function openCase(form: HTMLElement): void {
  if (!(form instanceof HTMLFormElement)) throw new TypeError('The module sits on the form.');
  if (!worksInTheBrowser()) return;
  const input = required(form, 'input[name="code"]', HTMLInputElement);
  const lookup = required(form, 'input[name="lookup"]', HTMLInputElement);
  const hint = required(form, '[data-code-hint]', HTMLElement);
  const status = required(form, '[data-code-status]', HTMLElement);
  const texts = textsOf(form);
  const derivation = derivationOf(form);

  const showHint = (text: string) => {
    hint.textContent = text;
    hint.hidden = text === '';
    input.setAttribute('aria-invalid', String(text !== ''));
    input.closest('.govuk-form-group')?.classList.toggle('govuk-form-group--error', text !== '');
  };

  sayIfUnsent();
  let working = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (working) return;
    const typed = readCode(input.value);
    if ('wrong' in typed) {
      showHint(texts.get(typed.wrong));
      input.focus();
      return;
    }
    working = true;
    typedUnsent.set(typed.code === shownCode.get() && !shownCode.isSent());
    showHint('');
    status.textContent = texts.get('working');
    try {
      const keys = await deriveInWorker(typed.code, derivation);
      lookup.value = toHex(keys.lookup);
      boxKey.set(toHex(keys.wrap));
      input.disabled = true; // a disabled field is not sent
      form.submit();
    } catch {
      status.textContent = texts.get('failed');
      working = false;
    }
  });
}

/**
 * The hotline has no report with the code just typed, and this tab knows why: *Send* was not
 * pressed. Only the hotline's answer shows it, as an answer to *Send* may have got lost.
 */
function sayIfUnsent(): void {
  const place = document.querySelector<HTMLElement>('[data-unsent]');
  if (place && typedUnsent.get() && document.querySelector('.govuk-error-summary'))
    place.hidden = false;
  typedUnsent.set(false);
}
