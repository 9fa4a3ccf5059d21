import { useCallback, useReducer, useRef, useState } from 'react';
import type { Scenario } from '../../../../src/scenario/schema.ts';
import { settingOf, type Written } from '../../simulator/checks.ts';
import type { Foreign } from '../../simulator/foreign.ts';
import { Playback } from '../../simulator/play.ts';
import { Simulator } from '../../simulator/simulator.ts';
import { SUBJECTS, type Subject } from '../../simulator/subject.ts';
import { createWorld } from '../../simulator/world.ts';

/** What is run, and how the world is at present. */
export interface Run {
  simulator: Simulator;
  playback?: Playback;
  foreign?: Foreign;
  written: Written;
}

const FIRST: Written = {
  account: '{}\n',
  policy: '{}\n',
  profile: 'source',
  deviceId: 'd1',
  now: '2026-03-02T10:00:00+08:00',
};

/** @throws WrongText when the setting cannot be used. */
function begun(subject: Subject, written: Written): Run {
  const setting = settingOf(written);
  const facts = { now: setting.account };
  const simulator = new Simulator(subject, setting, createWorld({ account: () => facts.now }));
  return { simulator, written };
}

/** The run that is shown, and what may be done with it. What goes wrong is told in `problem`. */
export function useRun() {
  const [run, setRun] = useState<Run>(() => begun(SUBJECTS[0] as Subject, FIRST));
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const [problem, setProblem] = useState<string>();
  const first = useRef<Simulator>(undefined);

  const command = useCallback(async (act: () => Promise<void> | void) => {
    setProblem(undefined);
    try {
      await act();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
    redraw();
  }, []);

  const take = useCallback(
    (next: Run) => {
      setRun(next);
      void command(() => next.playback?.begin() ?? next.simulator.begin());
    },
    [command],
  );
  if (first.current === undefined) {
    first.current = run.simulator;
    void run.simulator.begin().then(redraw);
  }

  return {
    run,
    problem,
    command,
    /** Starts a machine. @throws WrongText when the setting cannot be used. */
    start: (subject: Subject, written: Written) => {
      const next = begun(subject, written);
      take('guards' in subject ? { ...next, foreign: subject as Foreign } : next);
    },
    play: (scenario: Scenario) => {
      const playback = new Playback(scenario);
      take({ simulator: playback.simulator, playback, written: run.written });
    },
    /** The account of the run changes: the next time it is read it is this one. */
    change: (written: Written) => {
      const { account } = settingOf(written);
      run.simulator.world = createWorld({ account: () => account });
      setRun({ ...run, written });
    },
    /** Shows the recovery that a scenario goes on with. */
    follow: () => {
      if (run.playback && run.playback.simulator !== run.simulator) {
        setRun({ ...run, simulator: run.playback.simulator });
      }
    },
  };
}

export type RunControl = ReturnType<typeof useRun>;
