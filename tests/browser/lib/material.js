// Material shared between projects: where it is present a missing file fails, where it is absent a test says so.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

// As `make` names it, whether or not anything is there.
const usual = fileURLToPath(new URL('../../../../shared', import.meta.url));

/** The path of a shared file or directory; nothing, with a line that says so, when there is no shared material at all. */
export function material(name, test) {
  const root = resolve(process.env.CONSENTRY_SHARED || usual);
  if (!existsSync(root) && root === usual) {
    console.log(`SKIPPED (no shared material): ${test}`);
    return undefined;
  }
  const path = join(root, name);
  if (!existsSync(path)) throw new Error(`${path} is missing from the shared material`);
  return path;
}
