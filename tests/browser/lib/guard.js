// Builds src/widget/guard.min.js, the text that stands in every page, of guard.js and hold.js, and rules.min.js of watch.js,
// honour.js and rules.js: `node lib/guard.js` writes them, and a test holds them to what they are made of. Committed, so that
// `cargo build` needs no Node.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { minify } from 'terser';

const SOURCE = new URL('../../../src/widget/', import.meta.url);
const read = (name) => readFileSync(new URL(name, SOURCE), 'utf8');

/** The files by name. */
export async function build() {
  const sources = {
    'guard.min.js': read('guard.js').replace("'@@hold.js@@';", () => read('hold.js')),
    'rules.min.js': read('watch.js') + read('honour.js') + read('rules.js'),
  };
  const built = {};
  for (const [name, text] of Object.entries(sources)) {
    const { code } = await minify(text, { ecma: 2020, compress: { passes: 4, unsafe_arrows: true, ecma: 2020 }, format: { ascii_only: true } });
    built[name] = `${code}\n`;
  }
  return built;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [name, text] of Object.entries(await build())) writeFileSync(new URL(name, SOURCE), text);
}
