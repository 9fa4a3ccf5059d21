import { useCallback, useState } from 'react';

const KEY = 'regain.token';

/** The token of whoever looks: kept while the tab is open, and nowhere else. */
export function useToken(): [string | undefined, (token: string | undefined) => void] {
  const [token, setToken] = useState(() => read() ?? undefined);
  const set = useCallback((next: string | undefined) => {
    setToken(next);
    write(next);
  }, []);
  return [token, set];
}

// Storage may be forbidden; then a token lasts as long as the page.
function read(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function write(token: string | undefined): void {
  try {
    if (token === undefined) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, token);
  } catch {
    // see above
  }
}
