import { useEffect, useRef } from 'react';
import type { Moment } from '../../simulator/simulation.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { clockText, timerName } from '../../simulator/words.ts';
import { useTexts } from '../../texts/bilingual.ts';
import { simulator as simulatorTexts } from '../../texts/simulator.ts';
import type { Command } from './clock-panel.tsx';

/** All that has happened; any moment of it can be gone back to. */
export function HistoryPanel({ simulator, command }: { simulator: Simulator; command: Command }) {
  const texts = useTexts(simulatorTexts);
  const { simulation, setting } = simulator;
  const { moments, index } = simulation;
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    const [around, entry] = [list.current, list.current?.children[index]];
    if (!around || !entry) return;
    // Not by scrollIntoView, which would move whatever is around the list as well.
    const { top, bottom } = entry.getBoundingClientRect();
    const frame = around.getBoundingClientRect();
    around.scrollTop += Math.min(top - frame.top, 0) + Math.max(bottom - frame.bottom, 0);
  }, [index]);
  const goTo = (to: number) => void command(() => simulator.goTo(to));
  return (
    <section className="history" aria-labelledby="history-title">
      <header>
        <h2 id="history-title">{texts.history}</h2>
        <button type="button" disabled={index === 0} onClick={() => goTo(index - 1)}>
          {texts.back}
        </button>
        <button type="button" disabled={index === moments.length - 1} onClick={() => goTo(index + 1)}>
          {texts.forward}
        </button>
      </header>
      <ol ref={list}>
        {moments.map((moment, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a moment is its place in the history
          <li key={at} className={at > index ? 'undone' : ''}>
            <button type="button" aria-current={at === index ? 'step' : undefined} onClick={() => goTo(at)}>
              <time>{clockText(moment.at, setting.policy.timeZone)}</time>
              <strong>{givenText(moment, texts)}</strong>
              <span>
                {moment.refused
                  ? `${texts.refused}: ${[moment.refused.code, moment.refused.reason].filter(Boolean).join(' · ')}`
                  : moment.step.states.join(', ')}
              </span>
            </button>
          </li>
        ))}
      </ol>
      {simulation.isDone && (
        <div className="ended">
          <h3>{texts.ended}</h3>
          <pre>{JSON.stringify(simulation.current.step.output, null, 1)}</pre>
        </div>
      )}
    </section>
  );
}

function givenText({ given, step }: Moment, texts: (typeof simulatorTexts)['en']): string {
  switch (given.type) {
    case 'start':
      return texts.given.start;
    case 'wait':
      return texts.given.wait;
    case 'event':
      return [given.event.type, given.event.path].filter(Boolean).join(' ');
    case 'timer':
      return texts.given.timer(timerName(given.id.replace(/^.*#/, '')));
    case 'answer':
      return texts.given.answer(given.port);
    case 'failure':
      return texts.given.failure(given.port, given.message);
    default:
      return step.states.join();
  }
}
