// The crops to list: the fingerprints' Python passes the same file.
import { expect, test } from 'vitest';
import vectors from '../../tests/vectors/listed_crops.json' with { type: 'json' };
import { listedCrops } from '../src/fingerprints/listed-crops';

test.each(vectors)('of $width by $height pixels', ({ width, height, boxes }) => {
  const found = listedCrops(width, height);
  expect(found.length).toBe(boxes.length);
  for (const [place, box] of boxes.entries()) {
    for (const [edge, share] of box.entries()) expect(found[place]?.[edge]).toBeCloseTo(share, 9);
  }
});
