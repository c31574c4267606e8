// Leaves out the rules for classes of govuk-frontend that none of our pages has.
//
// The first words of a page wait for its style. What a page has is read in templates and scripts.
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Plugin } from 'postcss';

const KINDS = new Set(['.html', '.ts']);
const CLASS = /govuk-[\w-]+/g;
/** What a selector excludes need not be on a page. */
const EXCLUDED = /:not\([^)]*\)/g;

/** A PostCSS plugin; `folders` are searched for names of classes, to any depth. */
export function usedClasses(folders: readonly string[]): Plugin {
  const used = new Set(folders.flatMap(classesBelow));
  const isOnAPage = (selector: string) =>
    (selector.replace(EXCLUDED, '').match(/\.govuk-[\w-]+/g) ?? []).every((name) =>
      used.has(name.slice(1)),
    );
  return {
    postcssPlugin: 'used-classes',
    OnceExit(root) {
      root.walkRules((rule) => {
        const kept = rule.selectors.filter(isOnAPage);
        if (kept.length === 0) rule.remove();
        else if (kept.length < rule.selectors.length) rule.selectors = kept;
      });
    },
  };
}

function classesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => KINDS.has(extname(path)))
    .flatMap((path) => readFileSync(join(folder, path), 'utf8').match(CLASS) ?? []);
}
