// The desk's only script: asks the device for a passkey, or to make one, and sends the answer.
import '../styles/work.scss';

const form = document.querySelector<HTMLFormElement>('form[data-passkey]');

/** What the device answers to the options in the form, as JSON. */
async function askDevice(form: HTMLFormElement): Promise<string> {
  const options = JSON.parse(form.dataset.options ?? '{}').publicKey;
  const credential =
    form.dataset.passkey === 'make'
      ? await navigator.credentials.create({
          publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
        })
      : await navigator.credentials.get({
          publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
        });
  if (!(credential instanceof PublicKeyCredential)) throw new TypeError('No passkey was given.');
  return JSON.stringify(credential.toJSON());
}

form?.addEventListener('submit', (event) => {
  const answer = form.querySelector<HTMLInputElement>('input[name=answer]');
  const status = form.querySelector<HTMLElement>('[role=status]');
  if (!answer || answer.value) return;
  event.preventDefault();
  if (status) status.textContent = form.dataset.asking ?? '';
  askDevice(form).then(
    (json) => {
      answer.value = json;
      form.submit();
    },
    () => {
      if (status) status.textContent = form.dataset.failed ?? '';
    },
  );
});
