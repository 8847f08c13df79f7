// Bundles the extension, or (--tests) its unit tests, with esbuild.
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { context, build } from 'esbuild';

const has = (flag) => process.argv.includes(flag);

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  logLevel: 'warning',
  // The UMD build of one dependency resolves its parts at run time, which a bundle cannot follow.
  mainFields: ['module', 'main'],
};

// What is imported with import() is a bundle of its own, which is not even read before it is needed: activation stays
// short. Such a module holds no state that the others share.
const LAZY = ['src/server/client.ts', 'src/answers/markdown.ts', 'src/toml/language.ts'];
const lazy = {
  name: 'lazy',
  setup(setup) {
    setup.onResolve({ filter: /^\./ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path: `./${basename(path)}.js`, external: true } : undefined,
    );
  },
};

if (has('--tests')) {
  const entryPoints = readdirSync('test')
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/${name}`);
  await build({ ...common, entryPoints, outdir: 'build/test', sourcemap: 'inline' });
} else {
  const options = {
    ...common,
    entryPoints: ['src/extension.ts', ...LAZY].map((file) => ({ in: file, out: basename(file, '.ts') })),
    outdir: 'dist',
    plugins: [lazy],
    external: ['vscode'],
    minify: has('--production'),
    sourcemap: !has('--production'),
  };
  if (has('--watch')) {
    await (await context(options)).watch();
  } else {
    await build(options);
  }
}
