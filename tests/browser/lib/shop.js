// A gateway from a configuration, in a directory of its own: one site, with these rules, before this origin, and the operator's listener.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start } from './gateway.js';

export const TOKEN = 'operators-secret-of-24-chars';

/** `{base, admin, stop}`: its address and the operator listener's. `port`: a fixed one, `more`: tables of consentry.toml. */
export async function shop({ rules, origin, port = 0, more = '' }) {
  const directory = await mkdtemp(join(tmpdir(), 'consentry-shop-'));
  await mkdir(join(directory, 'rules', 'sites'), { recursive: true });
  await writeFile(join(directory, 'rules', 'sites', 'shop.toml'), `format = 1\nhosts = ["*"]\n${rules}`);
  await writeFile(join(directory, 'token'), TOKEN);
  await writeFile(join(directory, 'consentry.toml'), `format = 1
rules = "rules"
store = { sqlite = "proofs.sqlite" }
[[listen]]
address = "127.0.0.1:${port}"
${more}
[origins.main]
url = "http://127.0.0.1:${origin.address().port}"
[admin]
listen = "127.0.0.1:0"
token_file = "token"
`);
  const gateway = await start('run', '--config', join(directory, 'consentry.toml'));
  let admin;
  for (let tries = 0; !admin && tries < 100; tries += 1) {
    admin = /operator listener is at (\S+)/.exec(gateway.output())?.[1];
    if (!admin) await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  const stop = async () => {
    await gateway.stop();
    await rm(directory, { recursive: true, force: true });
  };
  return { base: gateway.base, admin, stop };
}
