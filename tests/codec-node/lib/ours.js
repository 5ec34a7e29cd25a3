// What our codec says: the example `iab` reads strings from its standard input and answers in JSON, one a line.
import { spawnSync } from 'node:child_process';

/** For each string its `{value, written}` or `{error}`. */
export function ours(format, strings) {
  const program = process.env.CONSENTRY_IAB;
  if (!program) throw new Error('CONSENTRY_IAB must name the built example; scripts/codec-node sets it');
  const run = spawnSync(program, [format], { input: strings.join('\n') + '\n', encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (run.status !== 0) throw new Error(`${program} failed: ${run.stderr}`);
  const answers = run.stdout.trim().split('\n').map((line) => JSON.parse(line));
  if (answers.length !== strings.length) throw new Error(`${answers.length} answers to ${strings.length} strings`);
  return answers;
}
