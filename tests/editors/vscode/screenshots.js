// Puts the pictures of the last run that the README shows into docs/screenshots.
import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ARTEFACTS, ROOT } from './places.js';

const SHOWN = ['ghost-text', 'proposed-change', 'answer-dark', 'answer-light', 'report-dark', 'menu-dark'];
const MAX_BYTES = 150_000;

const folder = join(ROOT, 'docs', 'screenshots');
mkdirSync(folder, { recursive: true });
for (const name of SHOWN) {
  const from = join(ARTEFACTS, `${name}.png`);
  const { size } = statSync(from);
  if (size > MAX_BYTES) {
    throw new Error(`${from} has ${size} bytes; ${MAX_BYTES} are allowed`);
  }
  copyFileSync(from, join(folder, `${name}.png`));
}
