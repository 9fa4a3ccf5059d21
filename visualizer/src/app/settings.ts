import { useCallback, useState } from 'react';

/** A choice that is kept in this browser. */
export function useKept<T extends string>(name: string, choices: readonly T[], first: T): [T, (value: T) => void] {
  const key = `regain.${name}`;
  const [value, setValue] = useState<T>(() => choices.find((choice) => choice === read(key)) ?? first);
  const set = useCallback(
    (next: T) => {
      setValue(next);
      write(key, next);
    },
    [key],
  );
  return [value, set];
}

// Storage may be forbidden; then a choice lasts as long as the page.
function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // see above
  }
}
