// Builds what is served of the door, the widget and the activator of their sources in src/widget/: `node lib/minified.js`
// writes the *.min.js files, and a test holds them to what they are made of. Committed, so that `cargo build` needs no Node.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { minify } from 'terser';

const SOURCE = new URL('../../../src/widget/', import.meta.url);

/** The parts of each file, in their order: each uses what the one before it put on the guard's hook. */
export const PARTS = {
  'signals.min.js': ['signals.js'],
  'pasted.min.js': ['pasted.js'],
  'door.min.js': ['answers.js', 'place.js', 'door.js'],
  'widget.min.js': ['save.js', 'panel.js', 'widget.js'],
  'choices.min.js': ['choices.js'],
  'purge.min.js': ['purge.js'],
  'variant.min.js': ['variant.js'],
  'held.min.js': ['held.js'],
  'activate.min.js': ['stubs.js', 'late.js', 'activate.js'],
};

/** The files by name. */
export async function build() {
  const built = {};
  for (const [name, parts] of Object.entries(PARTS)) {
    const text = parts.map((part) => readFileSync(new URL(part, SOURCE), 'utf8')).join('');
    const { code } = await minify(text, { ecma: 2020, compress: { passes: 4, unsafe_arrows: true, ecma: 2020 }, format: { ascii_only: true } });
    built[name] = `${code}\n`;
  }
  return built;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [name, text] of Object.entries(await build())) writeFileSync(new URL(name, SOURCE), text);
}
