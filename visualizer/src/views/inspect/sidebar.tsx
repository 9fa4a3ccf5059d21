import { useContext, useState } from 'react';
import { MACHINES } from '../../chart/machines.ts';
import type { ActorRecord } from '../../live/history.ts';
import type { Inspection } from '../../live/inspection.ts';
import { messagesIn, recordingOf } from '../../live/recording.ts';
import { LocaleContext, useTexts } from '../../texts/bilingual.ts';
import { inspect as inspectTexts } from '../../texts/inspect.ts';

/** What the chart shows: an actor, or one of our charts at rest. */
export interface Subject {
  kind: 'actor' | 'chart';
  id: string;
}

interface SidebarProps {
  inspection: Inspection;
  step: number;
  subject: Subject;
  onSubject(subject: Subject): void;
  onStep(step: number | undefined): void;
}

/** The relay of the service that serves this page, where there is one: it says so in the page. */
export function relayHere(): { url: string; needsToken: boolean } | undefined {
  const path = document.querySelector<HTMLMetaElement>('meta[name="regain-relay"]')?.content ?? '';
  if (path === '') return undefined;
  const url = new URL(path, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.hash = '';
  const needsToken = url.searchParams.has('token');
  url.search = '';
  return { url: url.href, needsToken };
}

export function Sidebar({ inspection, step, subject, onSubject, onStep }: SidebarProps) {
  const texts = useTexts(inspectTexts);
  const locale = useContext(LocaleContext);
  const { history } = inspection;
  const actors = inTreeOrder(history.actorsAt(step));
  return (
    <aside className="inspect-side">
      <Source inspection={inspection} onOpened={() => onStep(undefined)} />
      <section>
        <h2>{texts.actors}</h2>
        {actors.length === 0 && <p className="quiet-text">{texts.noActors}</p>}
        {actors.length === 0 && <HowTo />}
        <ul className="subjects">
          {actors.map(({ actor, depth }) => {
            const status = history.snapshotsAt(actor.key, step)[0]?.snapshot?.status ?? 'active';
            return (
              <li key={actor.key} style={{ paddingLeft: depth * 14 }}>
                <button
                  type="button"
                  className="subject"
                  aria-current={subject.kind === 'actor' && subject.id === actor.key}
                  onClick={() => onSubject({ kind: 'actor', id: actor.key })}
                >
                  <span className={`dot ${status}`} aria-hidden="true" />
                  <span className="name">{actor.name}</span>
                  <span className="quiet-text">{texts.statusOf[status] ?? status}</span>
                </button>
              </li>
            );
          })}
        </ul>
      </section>
      <section>
        <h2>{texts.charts}</h2>
        <ul className="subjects">
          {MACHINES.map(({ id, title }) => (
            <li key={id}>
              <button
                type="button"
                className="subject"
                aria-current={subject.kind === 'chart' && subject.id === id}
                onClick={() => onSubject({ kind: 'chart', id })}
              >
                <span className="name">{title[locale]}</span>
                <span className="quiet-text">{id}</span>
              </button>
            </li>
          ))}
        </ul>
      </section>
    </aside>
  );
}

/** Children come after their parents, one step further in. */
function inTreeOrder(
  actors: readonly ActorRecord[],
  parent?: string,
  depth = 0,
): { actor: ActorRecord; depth: number }[] {
  const known = new Set(actors.map(({ key }) => key));
  return actors
    .filter((actor) => (actor.parent !== undefined && known.has(actor.parent) ? actor.parent : undefined) === parent)
    .flatMap((actor) => [{ actor, depth }, ...inTreeOrder(actors, actor.key, depth + 1)]);
}

function HowTo() {
  const texts = useTexts(inspectTexts);
  const relay = relayHere();
  if (!relay) return null;
  const url = relay.url.replace(/live$/, relay.needsToken ? 'app?token=…' : 'app');
  return (
    <>
      <p className="quiet-text">{texts.howTo}</p>
      <pre className="how-to">{`import { createWebSocketInspector }\n  from '@statelyai/inspect';\nconst { inspect } =\n  createWebSocketInspector({\n    url: '${url}',\n  });\ncreateActor(machine, { inspect })`}</pre>
    </>
  );
}

const DOTS: Partial<Record<Inspection['status'], string>> = { open: 'active', refused: 'error' };

function Source({ inspection, onOpened }: { inspection: Inspection; onOpened: () => void }) {
  const texts = useTexts(inspectTexts);
  const relay = relayHere();
  const [address, setAddress] = useState(inspection.address || (relay?.url ?? 'ws://localhost:8080'));
  const [token, setToken] = useState(inspection.token);
  const [fault, setFault] = useState<string>();
  const { status, history } = inspection;
  const isOff = status === 'none' || status === 'refused';
  const open = async (file: File | undefined) => {
    if (!file) return;
    try {
      inspection.load(messagesIn(await file.text()));
      setFault(undefined);
      onOpened();
    } catch (error) {
      setFault(texts.notOpened((error as Error).message));
    }
  };
  return (
    <section>
      <h2>{texts.source}</h2>
      <p className="status" role="status">
        <span className={`dot ${DOTS[status] ?? 'stopped'}`} aria-hidden="true" />
        {texts.status[status]}
      </p>
      <form
        className="connect"
        onSubmit={(event) => {
          event.preventDefault();
          if (isOff) inspection.connect(address, token);
          else inspection.disconnect();
        }}
      >
        <input
          aria-label={texts.address}
          value={address}
          onChange={(event) => setAddress(event.target.value)}
          required
          pattern="wss?://.+"
          spellCheck={false}
        />
        {relay?.needsToken === true && (
          <input
            aria-label={texts.token}
            placeholder={texts.token}
            type="password"
            autoComplete="off"
            spellCheck={false}
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
        )}
        <button type="submit">{isOff ? texts.connect : texts.disconnect}</button>
      </form>
      <div className="files">
        <label className="button">
          {texts.openFile}
          <input
            className="visually-hidden"
            type="file"
            accept=".json,application/json"
            onChange={(event) => void open(event.target.files?.[0])}
          />
        </label>
        <button type="button" disabled={history.entries.length === 0} onClick={() => save(inspection)}>
          {texts.saveFile}
        </button>
      </div>
      {fault !== undefined && (
        <p className="fault" role="alert">
          {fault}
        </p>
      )}
      {history.lost > 0 && <p className="fault">{texts.lost(history.lost)}</p>}
    </section>
  );
}

function save({ history }: Inspection): void {
  const text = recordingOf(history.entries.map(({ message }) => message));
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'recording.json';
  link.click();
  URL.revokeObjectURL(url);
}
