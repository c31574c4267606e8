// What tells files of one name apart: "2.1 MB · 3 May", in the page's language. It stays here.
import { pageLocale } from './page-language';

const KILOBYTE = 1000;
const MEGABYTE = 1_000_000;
const GIGABYTE = 1_000_000_000;

/** The size of `file` and the day it was last changed; the year too, unless it is that of `today`. */
export function fileDetails(file: File, today: Date): string {
  return `${sizeOf(file.size)} · ${dayOf(new Date(file.lastModified), today)}`;
}

/** `share`, 0 to 1, in whole percent. A piece that is missing keeps it from saying 100. */
export function percent(share: number): string {
  const whole = Math.floor(share * 100) / 100;
  return new Intl.NumberFormat(pageLocale(), { style: 'percent' }).format(whole);
}

function sizeOf(bytes: number): string {
  if (bytes >= GIGABYTE) return inUnits(bytes / GIGABYTE, 'gigabyte');
  if (bytes >= MEGABYTE) return inUnits(bytes / MEGABYTE, 'megabyte');
  return inUnits(Math.max(bytes / KILOBYTE, 0.1), 'kilobyte');
}

function inUnits(amount: number, unit: string): string {
  const options = { style: 'unit', unit, maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(pageLocale(), options).format(amount);
}

function dayOf(day: Date, today: Date): string {
  const options: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short' };
  if (day.getFullYear() !== today.getFullYear()) options.year = 'numeric';
  return new Intl.DateTimeFormat(pageLocale(), options).format(day);
}
