// Which country a time zone is of, among those that have helplines. Loaded only where it is needed.
import zones from '../../../src/takeback/hotline/helplines/reference/time_zones.json';

/** The ISO 3166 code for an IANA zone, or undefined. */
export function countryOfZone(zone: string): string | undefined {
  for (const [country, names] of Object.entries<string[]>(zones))
    if (names.includes(zone)) return country;
  return undefined;
}
