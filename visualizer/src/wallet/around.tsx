import { clockText } from '../simulator/words.ts';
import { useTexts } from '../texts/bilingual.ts';
import { simulator as simulatorTexts } from '../texts/simulator.ts';
import { wallet as walletTexts } from '../texts/wallet.ts';
import type { WalletEvent, WalletRecovery } from './use-recovery.ts';

const MINUTE = 60_000;
const SPANS = { '5m': 5 * MINUTE, '45m': 45 * MINUTE, '72h': 72 * 60 * MINUTE, '15d': 15 * 24 * 60 * MINUTE } as const;

const CALLER = 'agent:1';
const REVIEWER = 'agent:2';
const AGENTS = [
  'callback.reached',
  'callback.unanswered',
  'review.approve',
  'review.reject',
  'review.requestSupplement',
  'review.requestVideo',
  'video.passed',
  'video.failed',
] as const;

/** What is beside the phone: time, what comes to phones, and the others who act. */
export function Around({ recovery }: { recovery: WalletRecovery }) {
  const texts = useTexts(walletTexts);
  return (
    <section className="around" aria-labelledby="around-title">
      <h2 id="around-title">{texts.others}</h2>
      <Time recovery={recovery} />
      <Messages recovery={recovery} />
      <Memory recovery={recovery} />
      <Others recovery={recovery} />
    </section>
  );
}

function Time({ recovery: { clock, now } }: { recovery: WalletRecovery }) {
  const texts = useTexts(walletTexts);
  const { spans } = useTexts(simulatorTexts);
  return (
    <div className="around-part">
      <h3>{texts.time}</h3>
      <output className="now" aria-label={texts.time}>
        {clockText(now)}
      </output>
      <div className="buttons">
        {Object.entries(SPANS).map(([name, ms]) => (
          <button key={name} type="button" onClick={() => void clock.advance(ms)}>
            {spans[name as keyof typeof SPANS]}
          </button>
        ))}
      </div>
    </div>
  );
}

function Messages({ recovery: { sandbox, account, path } }: { recovery: WalletRecovery }) {
  const texts = useTexts(walletTexts);
  const asked = (path.asked ?? []) as string[];
  const messages = [account.phone, ...asked].flatMap((to) => sandbox.world.inbox(to)).slice(-4);
  return (
    <div className="around-part">
      <h3>{texts.messages}</h3>
      {messages.length === 0 && <p className="quiet-text">{texts.noMessages}</p>}
      <ul className="messages">
        {messages.map(({ to, at, code, token }) => (
          <li key={`${to} ${at} ${code ?? token}`}>
            <span className="quiet-text">{texts.to(to)}</span>{' '}
            {code !== undefined && (
              <>
                {texts.says.code} <strong data-message="code">{code}</strong>
              </>
            )}
            {token !== undefined && (
              <>
                {texts.says.token} <code>{token.slice(0, 8)}…</code>
              </>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What whoever plays the owner has to know. */
function Memory({ recovery }: { recovery: WalletRecovery }) {
  const texts = useTexts(walletTexts);
  const { view, sandbox, account, path } = recovery;
  const questions = view.state.startsWith('verifying.transactionHistory')
    ? ((path.questions ?? []) as { questionId: string }[])
    : [];
  const remembered = questions.map(({ questionId }, index) => {
    const answer = sandbox.rightAnswer({ accountId: account.accountId, recoveryId: 'r1', questionId });
    return [String(index + 1), typeof answer === 'number' ? (answer / 100).toFixed(2) : (answer ?? '')] as const;
  });
  const security = view.state.includes('answeringQuestions')
    ? Object.entries(sandbox.world.securityAnswers(account.accountId)).map(
        ([question, answer]) => [texts.security[question as keyof typeof texts.security] ?? question, answer] as const,
      )
    : [];
  const all = [...remembered, ...security];
  if (all.length === 0) return null;
  return (
    <div className="around-part">
      <h3>{texts.remembers}</h3>
      <dl className="memory">
        {all.map(([question, answer]) => (
          <div key={question}>
            <dt>{question}</dt>
            <dd>{answer}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** Contacts, agents and staff, as far as there is something for them to do. */
function Others({ recovery }: { recovery: WalletRecovery }) {
  const texts = useTexts(walletTexts);
  const { view, sandbox, path, send } = recovery;
  const may = (type: string) => view.allowed.includes(type);
  const acts: { key: string; label: string; act: () => void }[] = [];
  const add = (label: string, event: WalletEvent, as?: string) =>
    acts.push({ key: `${event.type} ${String(event.contactId ?? '')}`, label, act: () => send(event, as) });
  for (const contactId of (path.asked ?? []) as string[]) {
    const token = sandbox.world.inbox(contactId).at(-1)?.token ?? '';
    if (may('contact.confirm') && token !== '') {
      add(texts.acts.confirm(contactId), { type: 'contact.confirm', contactId, method: 'smsLink', token });
    }
    if (may('contact.deny')) add(texts.acts.deny(contactId), { type: 'contact.deny', contactId });
  }
  for (const type of AGENTS) {
    if (!may(type)) continue;
    const more =
      type === 'review.reject'
        ? { reason: texts.rejection }
        : type === 'review.requestSupplement'
          ? { items: [texts.papers] }
          : {};
    add(texts.acts[type], { type, ...more }, type.startsWith('callback.') ? CALLER : REVIEWER);
  }
  if (may('institution.scan')) {
    add(texts.acts['institution.scan'], { type: 'institution.scan', institutionToken: sandbox.institutionToken() });
  }
  if (may('identity.present')) {
    add(texts.acts['identity.present'], { type: 'identity.present', evidenceRef: 'original' });
  }
  if (acts.length === 0) return null;
  return (
    <div className="around-part">
      <h3>{texts.people}</h3>
      <div className="acts">
        {acts.map(({ key, label, act }) => (
          <button key={key} type="button" onClick={act}>
            {label}
          </button>
        ))}
      </div>
    </div>
  );
}
