// Left and right → start and end, so that one style sheet serves left-to-right and right-to-left.
//
// govuk-frontend writes physical directions. Renaming the properties changes nothing on a
// left-to-right page, and mirrors everything on a right-to-left one.
import type { Plugin } from 'postcss';

const SIDES: Readonly<Record<string, string>> = { left: 'start', right: 'end' };
const PROPERTY = /^(margin|padding|border)-(left|right)(-color|-style|-width)?$/;

/** A PostCSS plugin. */
export function logicalDirections(): Plugin {
  return {
    postcssPlugin: 'logical-directions',
    Declaration(declaration) {
      const { prop, value } = declaration;
      const side = SIDES[prop];
      const parts = PROPERTY.exec(prop);
      const towards = SIDES[value];
      if (side) declaration.prop = `inset-inline-${side}`;
      else if (parts)
        declaration.prop = `${parts[1]}-inline-${SIDES[parts[2] ?? '']}${parts[3] ?? ''}`;
      else if (prop === 'text-align' && towards) declaration.value = towards;
      else if ((prop === 'float' || prop === 'clear') && towards)
        declaration.value = `inline-${towards}`;
    },
  };
}
