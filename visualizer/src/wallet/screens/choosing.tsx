import { textsOf } from '../../../../src/texts/index.ts';
import { PATHS } from '../../registry.ts';
import type { ScreenProps } from './screen.ts';

/** The ways back: those that are open as buttons, the others with the reason. */
export function Choosing({ recovery, texts, locale }: ScreenProps) {
  const { view, send } = recovery;
  const { paths, ineligible } = textsOf(view, locale, PATHS);
  const closed = Object.keys(view.ineligible);
  return (
    <>
      <h3>{texts.ways}</h3>
      <ul className="wallet-ways">
        {view.eligible.map((path) => (
          <li key={path}>
            <button type="button" onClick={() => send({ type: 'path.choose', path })}>
              {paths[path]}
            </button>
          </li>
        ))}
      </ul>
      {closed.length > 0 && (
        <details>
          <summary>{texts.closed}</summary>
          <dl className="wallet-closed">
            {closed.map((path) => (
              <div key={path}>
                <dt>{paths[path]}</dt>
                <dd>{ineligible[path]}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </>
  );
}
