/** What a process is told before all else, so that its machine's clock is some ms ahead. */
const shift = (ms: number) => `
  const Real = Date;
  globalThis.Date = class Date extends Real {
    constructor(...given) {
      if (given.length > 0) super(...given);
      else super(Real.now() + ${ms});
    }
    static now() {
      return Real.now() + ${ms};
    }
  };`;

/** Arguments for Node: the clock of that process is so many ms ahead of this one's. */
export const clockAhead = (ms: number): string[] =>
  ms === 0 ? [] : ['--import', `data:text/javascript,${encodeURIComponent(shift(ms))}`];
