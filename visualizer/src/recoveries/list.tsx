import { useContext, useDeferredValue, useState } from 'react';
import type { InspectedList, InspectedSummary } from '../../../src/http/inspector-view.ts';
import { linkTo } from '../app/route.ts';
import { MACHINES } from '../chart/machines.ts';
import { LocaleContext, useTexts } from '../texts/bilingual.ts';
import { chart as chartTexts } from '../texts/chart.ts';
import type { Search, Service } from './service.ts';
import { recoveries } from './texts.ts';
import { NO_SEARCH, useAsked, useServiceClock } from './use-service.ts';
import { agoInWords, dueInWords, pathIn, textsOfRecovery, timeText } from './words.ts';

interface ListProps {
  service: Service;
  /** Changes when something may have changed at the service. */
  news: number;
}

/** All recoveries, searched by state, path and what is overdue. */
export function RecoveryList({ service, news }: ListProps) {
  const texts = useTexts(recoveries);
  const [search, setSearch] = useState(NO_SEARCH);
  const [pages, setPages] = useState(1);
  const asked = useDeferredValue(search);
  const { answer: list } = useAsked(() => listOf(service, asked, pages), `${news} ${pages} ${JSON.stringify(asked)}`);
  const now = useServiceClock(list?.now);
  return (
    <div className="recoveries">
      <Filter
        search={search}
        onSearch={(next) => {
          setSearch(next);
          setPages(1);
        }}
      />
      <div className="recoveries-table">
        {list && list.recoveries.length > 0 && <Table recoveries={list.recoveries} now={now} />}
        {list?.recoveries.length === 0 && <p className="empty">{texts.nothing}</p>}
        {list?.after !== undefined && (
          <button type="button" className="more" onClick={() => setPages(pages + 1)}>
            {texts.more}
          </button>
        )}
      </div>
    </div>
  );
}

async function listOf(service: Service, search: Search, pages: number): Promise<InspectedList> {
  let list = await service.list(search);
  for (let page = 1; page < pages && list.after !== undefined; page++) {
    const { recoveries: more, ...rest } = await service.list(search, list.after);
    list = { ...rest, recoveries: [...list.recoveries, ...more] };
  }
  return list;
}

function Filter({ search, onSearch }: { search: Search; onSearch: (search: Search) => void }) {
  const texts = useTexts(recoveries);
  const locale = useContext(LocaleContext);
  return (
    <search className="recoveries-filter">
      <input
        type="search"
        aria-label={texts.search}
        placeholder={texts.search}
        value={search.text}
        onChange={(event) => onSearch({ ...search, text: event.target.value })}
      />
      <select
        aria-label={texts.path}
        value={search.path}
        onChange={(event) => onSearch({ ...search, path: event.target.value })}
      >
        <option value="">{texts.allPaths}</option>
        {MACHINES.slice(1).map(({ id, title }) => (
          <option key={id} value={id}>
            {title[locale]}
          </option>
        ))}
      </select>
      <select
        aria-label={texts.status}
        value={search.status}
        onChange={(event) => onSearch({ ...search, status: event.target.value as Search['status'] })}
      >
        <option value="">{texts.all}</option>
        {(['active', 'done', 'stuck'] as const).map((status) => (
          <option key={status} value={status}>
            {texts.statuses[status]}
          </option>
        ))}
      </select>
      <label className="check">
        <input
          type="checkbox"
          checked={search.overdue}
          onChange={(event) => onSearch({ ...search, overdue: event.target.checked })}
        />
        {texts.overdueOnly}
      </label>
      <span className="space" />
      <a className="button" href={linkTo('recoveries', 'charts', 'recovery')}>
        {texts.charts}
      </a>
    </search>
  );
}

function Table({ recoveries: rows, now }: { recoveries: readonly InspectedSummary[]; now: number }) {
  const texts = useTexts(recoveries);
  const { columns } = texts;
  return (
    <table>
      <caption className="visually-hidden">{texts.title}</caption>
      <thead>
        <tr>
          <th scope="col">{columns.state}</th>
          <th scope="col">{columns.path}</th>
          <th scope="col">{columns.account}</th>
          <th scope="col">{columns.next}</th>
          <th scope="col">{columns.changed}</th>
          <th scope="col">{columns.id}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.recoveryId} row={row} now={now} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row, now }: { row: InspectedSummary; now: number }) {
  const texts = useTexts(recoveries);
  const { words } = useTexts(chartTexts);
  const locale = useContext(LocaleContext);
  const { recoveryId, accountId, status, state, nextDue, updatedAt } = row;
  const { state: text, paths } = textsOfRecovery(row, [], locale);
  const path = pathIn(state);
  const isOverdue = nextDue !== undefined && nextDue < now;
  return (
    <tr className={status}>
      <th scope="row">
        <a href={linkTo('recoveries', recoveryId)}>{text}</a>
        {status !== 'active' && <span className={`badge ${status}`}>{texts.statuses[status]}</span>}
        <code>{state}</code>
      </th>
      <td>{path === undefined ? '' : (paths[path] ?? path)}</td>
      <td>{accountId}</td>
      <td className={`figure ${isOverdue ? 'bad-text' : ''}`}>
        {nextDue === undefined || status !== 'active' ? (
          ''
        ) : (
          <time dateTime={new Date(nextDue).toISOString()} title={timeText(nextDue, locale)}>
            {dueInWords(nextDue, now, texts, words)}
          </time>
        )}
      </td>
      <td className="figure">
        <time dateTime={new Date(updatedAt).toISOString()} title={timeText(updatedAt, locale)}>
          {agoInWords(updatedAt, now, texts, words)}
        </time>
      </td>
      <td>
        <code title={recoveryId}>{recoveryId.slice(0, 8)}</code>
      </td>
    </tr>
  );
}
