// The list of picked pictures and videos as data: what is ready, what is the same picture twice, what is sent.

import type { BoxContents } from '../case-code/sealed-box';
import type { ListedKind } from '../fingerprints/file-kind';
import type { FileFingerprints } from '../fingerprints/fingerprint';

/** What the form sends of one picture or video. No name, no size, no time. */
export interface PictureRecord {
  readonly id: string;
  readonly kind: ListedKind;
  /** 64 hexadecimal digits, or null of a video and when the browser could not see the pixels. */
  readonly pdq: string | null;
  /** 0 to 100, null with `pdq`. */
  readonly quality: number | null;
  /** Parts of the picture that copies are often cut down to; none without `pdq`. */
  readonly crops: readonly CropRecord[];
  readonly sha256: string;
  readonly md5: string;
}

/** One part of a picture, told by its fingerprint alone. */
interface CropRecord {
  readonly pdq: string;
  readonly quality: number;
}

/** PDQ's authors advise against using fingerprints of a lower quality (Meta, "PDQ", 2019). */
const GOOD_QUALITY = 50;

/** What to say of a picture that is done: a key of the texts. */
type Verdict = 'ready' | 'video' | 'low_quality' | 'exact_only' | 'too_large' | 'guarded';

/** The pictures that are done, in the order in which they were picked. */
export class PictureList {
  private readonly pictures = new Map<string, { record: PictureRecord; name: string }>();

  get size(): number {
    return this.pictures.size;
  }

  /** Take up what an earlier visit to this page left; throws SyntaxError for broken JSON. */
  static restored(value: string, notes: BoxContents): PictureList {
    const list = new PictureList();
    const records: unknown = value === '' ? [] : JSON.parse(value);
    for (const record of Array.isArray(records) ? records : [])
      if (isRecord(record))
        list.pictures.set(record.id, { record, name: notes[record.id]?.name ?? '' });
    return list;
  }

  /** Add a picture, or return the name of the same file when it is there already. */
  add(
    id: string,
    name: string,
    kind: ListedKind,
    fingerprints: FileFingerprints,
  ): { sameAs: string } | null {
    for (const { record, name: other } of this.pictures.values())
      if (record.sha256 === fingerprints.sha256) return { sameAs: other };
    const { pdq, sha256, md5 } = fingerprints;
    const crops = fingerprints.crops.map(({ hex, quality }) => ({ pdq: hex, quality }));
    const [hex, quality] = [pdq?.hex ?? null, pdq?.quality ?? null];
    const record = { id, kind, pdq: hex, quality, crops, sha256, md5 };
    this.pictures.set(id, { record, name });
    return null;
  }

  remove(id: string): void {
    this.pictures.delete(id);
  }

  *entries(): Iterable<{ record: PictureRecord; name: string }> {
    yield* this.pictures.values();
  }

  /** The value of the form's hidden field. */
  toJson(): string {
    return JSON.stringify(Array.from(this.pictures.values(), ({ record }) => record));
  }

  /** What the box keeps of the pictures. */
  notes(): BoxContents {
    return Object.fromEntries(
      Array.from(this.pictures.values(), ({ record, name }) => [
        record.id,
        { name, digest: record.sha256 },
      ]),
    );
  }
}

/** What to say of a finished picture or video. */
export function verdictOf(kind: ListedKind, fingerprints: FileFingerprints): Verdict {
  if (kind === 'video') return 'video';
  switch (fingerprints.problem) {
    case 'undecodable':
      return 'exact_only';
    case 'too-large':
      return 'too_large';
    case 'guarded':
      return 'guarded';
    default:
      return verdictOfQuality(fingerprints.pdq?.quality ?? null);
  }
}

/** As `verdictOf`, where only the record is left. */
export function verdictOfRecord({ kind, quality }: PictureRecord): Verdict {
  return kind === 'video' ? 'video' : verdictOfQuality(quality);
}

function verdictOfQuality(quality: number | null): Verdict {
  if (quality === null) return 'exact_only';
  return quality < GOOD_QUALITY ? 'low_quality' : 'ready';
}

/** A name that no other picture of the report has: phones call every picture "image.jpg". */
export function distinctName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let number = 2; ; number += 1) {
    const numbered = `${name} (${number})`;
    if (!taken.has(numbered)) return numbered;
  }
}

function isRecord(value: unknown): value is PictureRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { id, kind, pdq, quality, crops, sha256, md5 } = value as Partial<Record<string, unknown>>;
  return (
    typeof id === 'string' &&
    (kind === 'picture' || kind === 'video') &&
    (pdq === null || typeof pdq === 'string') &&
    (quality === null || typeof quality === 'number') &&
    Array.isArray(crops) &&
    typeof sha256 === 'string' &&
    typeof md5 === 'string'
  );
}
