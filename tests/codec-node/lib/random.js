// Numbers that look random and are the same in every run.

/** A generator with what the tests draw from it. */
export function generator(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
  const below = (limit) => next() % limit;
  const flag = () => below(2) === 1;
  return {
    below,
    flag,
    /** Each number of 1..last, or not. */
    numbers: (last) => Array.from({ length: last }, (_, at) => at + 1).filter(flag),
    /** Vendors: dense, sparse, in long ranges, or none. */
    vendors() {
      const all = (last) => Array.from({ length: last }, (_, at) => at + 1);
      switch (below(4)) {
        case 0: return all(below(900)).filter(flag);
        case 1: return all(below(2000)).filter(() => below(40) === 0);
        case 2: { const first = 1 + below(500); return all(first + below(900)).filter((id) => id >= first || id === 3); }
        default: return [];
      }
    },
    letters: () => String.fromCharCode(65 + below(26), 65 + below(26)),
  };
}
