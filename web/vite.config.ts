// Builds what the hotline serves under /static/: three entries, two styles, two workers, the kernel.
import { defineConfig } from 'vitest/config';
import { listedCrops } from './policy/listed-crops.ts';
import { logicalDirections } from './styling/logical-directions.ts';
import { usedClasses } from './styling/used-classes.ts';

export default defineConfig({
  base: '/static/',
  publicDir: false,
  plugins: [listedCrops()],
  build: {
    target: 'es2022',
    cssTarget: ['chrome111', 'firefox115', 'safari16.4'],
    manifest: true,
    // The content security policy has no room for data: addresses and inline code.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: {
        reporter: 'src/reporter/main.ts',
        steps: 'src/reporter/steps.ts',
        desk: 'src/desk/main.ts',
      },
      checks: { pluginTimings: false },
    },
  },
  worker: { format: 'es', plugins: () => [listedCrops()] },
  css: {
    postcss: { plugins: [logicalDirections(), usedClasses(['src', '../src/takeback/hotline'])] },
    preprocessorOptions: { scss: { loadPaths: ['node_modules'], quietDeps: true } },
  },
  test: {
    include: ['tests/**/*.test.ts'],
    environment: 'node',
  },
});
