// What tells files of one name apart: "2.1 MB · 3 May", in the page's language. It stays here.

const KILOBYTE = 1000;
const MEGABYTE = 1_000_000;
const GIGABYTE = 1_000_000_000;

/** The digits of all other numbers on our pages, in every language. */
const DIGITS = 'latn';

/** The size of `file` and the day it was last changed; the year too, unless it is that of `today`. */
export function fileDetails(file: File, language: string | undefined, today: Date): string {
  return `${sizeOf(file.size, language)} · ${dayOf(new Date(file.lastModified), language, today)}`;
}

/** `share`, 0 to 1, in whole percent. A piece that is missing keeps it from saying 100. */
export function percent(share: number, language: string | undefined): string {
  const whole = Math.floor(share * 100) / 100;
  return new Intl.NumberFormat(language, { style: 'percent', numberingSystem: DIGITS }).format(
    whole,
  );
}

function sizeOf(bytes: number, language: string | undefined): string {
  if (bytes >= GIGABYTE) return inUnits(bytes / GIGABYTE, 'gigabyte', language);
  if (bytes >= MEGABYTE) return inUnits(bytes / MEGABYTE, 'megabyte', language);
  return inUnits(Math.max(bytes / KILOBYTE, 0.1), 'kilobyte', language);
}

function inUnits(amount: number, unit: string, language: string | undefined): string {
  const options = {
    style: 'unit',
    unit,
    maximumFractionDigits: 1,
    numberingSystem: DIGITS,
  } as const;
  return new Intl.NumberFormat(language, options).format(amount);
}

function dayOf(day: Date, language: string | undefined, today: Date): string {
  const options: Intl.DateTimeFormatOptions = {
    day: 'numeric',
    month: 'short',
    numberingSystem: DIGITS,
  };
  if (day.getFullYear() !== today.getFullYear()) options.year = 'numeric';
  return new Intl.DateTimeFormat(language, options).format(day);
}
