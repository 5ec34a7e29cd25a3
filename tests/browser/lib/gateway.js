// The real binary, as an operator starts it.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The program. */
export const BINARY = process.env.CONSENTRY_BIN || new URL('../../../target/debug/consentry', import.meta.url).pathname;

/** Starts `consentry` with these arguments and waits for the line that says where it listens. */
export async function start(...args) {
  const directory = await mkdtemp(join(tmpdir(), 'consentry-browser-'));
  const child = spawn(BINARY, args, { cwd: directory, env: { ...process.env, RUST_LOG: 'warn' }, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stderr.on('data', (data) => { err += data; });
  const base = await new Promise((resolve, reject) => {
    child.stdout.on('data', (data) => {
      out += data;
      const at = /consentry listens on (\S+)/.exec(out);
      if (at) resolve(at[1]);
    });
    child.once('exit', (code) => reject(new Error(`consentry ended with ${code}: ${err}`)));
    child.once('error', reject);
  });
  return {
    base,
    output: () => out,
    errors: () => err,
    async stop() {
      child.removeAllListeners('exit');
      const ended = new Promise((resolve) => { child.once('exit', resolve); });
      child.kill('SIGINT');
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
