// Which parts of a picture are fingerprinted beside the whole, so that a copy cut down to about one
// of them is found: as takeback.fingerprints.views says, from the same file.
import listed from '../../../src/takeback/fingerprints/views.toml';
import type { Box } from './kernel';

const WHOLE: Box = [0, 0, 1, 1];
/** Crops whose edges all lie nearer than this share of a side have nearly one fingerprint. */
const SAME_CROP = 0.02;

/** Return the boxes for a picture of this size: none that is nearly the whole, or nearly another. */
export function listedCrops(width: number, height: number): readonly Box[] {
  const boxes: Box[] = [];
  for (const crop of listed) {
    const box = 'box' in crop ? crop.box : middleAt(crop.aspect, width, height);
    if (![WHOLE, ...boxes].some((other) => nearlySame(box, other))) boxes.push(box);
  }
  return boxes;
}

function middleAt([across, down]: readonly [number, number], width: number, height: number): Box {
  const keptAcross = Math.min(1, (height * across) / (width * down));
  const keptDown = Math.min(1, (width * down) / (height * across));
  const left = (1 - keptAcross) / 2;
  const top = (1 - keptDown) / 2;
  return [left, top, 1 - left, 1 - top];
}

function nearlySame(one: Box, other: Box): boolean {
  return one.every((edge, at) => Math.abs(edge - (other[at] ?? 0)) < SAME_CROP);
}
