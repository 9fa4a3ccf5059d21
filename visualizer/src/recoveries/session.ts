import { useCallback, useState } from 'react';

let kept: string | undefined;

/** The token of whoever looks: kept in the memory of this tab, whatever view is shown, and nowhere else. */
export function useToken(): [string | undefined, (token: string | undefined) => void] {
  const [token, setToken] = useState(kept);
  const set = useCallback((next: string | undefined) => {
    kept = next;
    setToken(next);
  }, []);
  return [token, set];
}
