// The guard's judgement without a browser, for a test in Rust: reads {code: [both files], granted, urls} from stdin, writes the
// marks, null for what may go.
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';

const { code, granted, urls } = JSON.parse(readFileSync(0, 'utf8'));
const hook = { granted, settle() {}, wrap() {} };
// The other parts of the file work on a page, and leave at once where they are told that they have been here.
hook.sheets = hook.honour = true;
const context = { window: { __consentry: hook }, __consentry: hook, document: {}, location: { hostname: 'site.invalid' }, atob };
for (const part of code) runInNewContext(part, context);
const parse = (url) => { try { return new URL(url); } catch { return null; } };
process.stdout.write(JSON.stringify(urls.map((url) => (parse(url) && hook.judge(parse(url))) ?? null)));
