/** What the sandbox takes from `node:timers/promises`, for the page. */
export const setTimeout = (ms: number, _: undefined, { signal }: { signal: AbortSignal }): Promise<void> =>
  new Promise((resolve, reject) => {
    const handle = globalThis.setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(handle);
        reject(signal.reason);
      },
      { once: true },
    );
  });
