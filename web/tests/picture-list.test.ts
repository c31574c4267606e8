// The list behind the picker: names, verdicts, and what is restored.
import { describe, expect, test } from 'vitest';
import { distinctName, PictureList, verdictOf } from '../src/reporter/picture-list';
import { fingerprintsOf } from './picker-page';

describe('the list', () => {
  test('gives no two rows one name', () => {
    expect(distinctName('image.jpg', new Set())).toBe('image.jpg');
    expect(distinctName('image.jpg', new Set(['image.jpg', 'image.jpg (2)']))).toBe(
      'image.jpg (3)',
    );
  });

  test.each([
    [{ ...fingerprintsOf('a'), pdq: null, problem: 'undecodable' as const }, 'exact_only'],
    [{ ...fingerprintsOf('a'), pdq: null, problem: 'too-large' as const }, 'too_large'],
    [{ ...fingerprintsOf('a'), pdq: null, problem: 'guarded' as const }, 'guarded'],
    [fingerprintsOf('a', 49), 'low_quality'],
    [fingerprintsOf('a', 50), 'ready'],
  ])('has its verdict on each picture', (fingerprints, verdict) => {
    expect(verdictOf('picture', fingerprints)).toBe(verdict);
    expect(verdictOf('video', fingerprints)).toBe('video');
  });

  test('drops records of another shape when it is restored', () => {
    const list = PictureList.restored('[{"id": 3}, null, "x"]', {});
    expect(list.size).toBe(0);
  });
});
