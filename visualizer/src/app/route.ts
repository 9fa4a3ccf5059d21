import { useSyncExternalStore } from 'react';

export const VIEWS = ['inspect', 'recoveries', 'simulate'] as const;
export type ViewId = (typeof VIEWS)[number];

/** What is shown: `#/view/rest`. */
export interface Route {
  view: ViewId | undefined;
  /** What comes after the view's name, decoded. */
  rest: string[];
}

const subscribe = (listener: () => void) => {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
};

function routeOf(hash: string): Route {
  const [name = '', ...rest] = hash
    .replace(/^#\/?/, '')
    .split('/')
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
  return { view: name === '' ? 'inspect' : VIEWS.find((view) => view === name), rest };
}

export function useRoute(): Route {
  return routeOf(useSyncExternalStore(subscribe, () => location.hash));
}

export const linkTo = (view: ViewId, ...rest: string[]): string =>
  `#/${[view, ...rest].map(encodeURIComponent).join('/')}`;
