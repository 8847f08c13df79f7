// Puts the pictures of the last run that the README shows into docs/screenshots.
import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ARTEFACTS, ROOT } from './places.js';

/** The name in the documentation, and the picture of the run. */
const SHOWN = {
  'ghost-text-dark': 'ghost-text',
  'next-edit-dark': 'next-edit',
  'edit-preview-dark': 'proposals-dark',
  'light-bulb-dark': 'light-bulb',
  'explain-light': 'answer-light',
  'report-light': 'report-light',
  'queue-dark': 'tried-dark',
  'menu-light': 'menu-light',
};
const MAX_BYTES = 150_000;

const folder = join(ROOT, 'docs', 'screenshots');
mkdirSync(folder, { recursive: true });
for (const [name, picture] of Object.entries(SHOWN)) {
  const from = join(ARTEFACTS, `${picture}.png`);
  const { size } = statSync(from);
  if (size > MAX_BYTES) {
    throw new Error(`${from} has ${size} bytes; ${MAX_BYTES} are allowed`);
  }
  copyFileSync(from, join(folder, `${name}.png`));
}
