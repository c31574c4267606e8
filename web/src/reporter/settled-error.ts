// Takes an error off the page once what it asked for is there, so that nobody is told of it twice.

/** `group` is the form group that the error stands in; the summary at the top goes with it. */
export function takeErrorAway(group: HTMLElement): void {
  if (!group.classList.contains('govuk-form-group--error')) return;
  group.classList.remove('govuk-form-group--error');
  group.querySelector('.govuk-error-message')?.remove();
  document.querySelector('.govuk-error-summary')?.remove();
  const field = group.querySelector('[aria-invalid]');
  field?.removeAttribute('aria-invalid');
  const described = field?.getAttribute('aria-describedby')?.split(' ') ?? [];
  const left = described.filter((id) => document.getElementById(id) !== null);
  if (left.length > 0) field?.setAttribute('aria-describedby', left.join(' '));
  else field?.removeAttribute('aria-describedby');
}
