// Hands the browser the crops that the standard view policy lists, and nothing else of the policies.
import { parse, type TomlTable } from 'smol-toml';
import type { Plugin } from 'vite';

/** A Vite plugin: importing views.toml gives the list under `[standard]`. */
export function listedCrops(): Plugin {
  return {
    name: 'listed-crops',
    transform: {
      filter: { id: /\/views\.toml$/ },
      handler(toml) {
        const policy = parse(toml).standard as TomlTable;
        return { code: `export default ${JSON.stringify(policy.listed)};`, map: null };
      },
    },
  };
}
