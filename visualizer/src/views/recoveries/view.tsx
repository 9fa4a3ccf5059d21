import '../../recoveries/recoveries.css';
import { useEffect, useMemo, useState } from 'react';
import { useRoute } from '../../app/route.ts';
import { ChartsWithFigures } from '../../overlays/view.tsx';
import { RecoveryList } from '../../recoveries/list.tsx';
import { OneRecovery } from '../../recoveries/one.tsx';
import { Service, serviceHere } from '../../recoveries/service.ts';
import { useToken } from '../../recoveries/session.ts';
import { SignIn } from '../../recoveries/sign-in.tsx';
import { recoveries } from '../../recoveries/texts.ts';
import { useNews } from '../../recoveries/use-service.ts';
import { useTexts } from '../../texts/bilingual.ts';

/** The recoveries of the service that serves this page. */
export default function View() {
  const texts = useTexts(recoveries);
  const [here, setHere] = useState<'none' | 'sandbox' | 'production'>();
  const [token, setToken] = useToken();
  const [problem, setProblem] = useState<'token' | 'role'>();
  useEffect(() => {
    void serviceHere().then(setHere);
  }, []);
  if (here === undefined) return <p className="empty">{texts.looking}</p>;
  if (here === 'none') return <p className="empty">{texts.none}</p>;
  if (token === undefined) {
    const signIn = (next: string) => {
      setProblem(undefined);
      setToken(next);
    };
    return <SignIn isSandbox={here === 'sandbox'} problem={problem} onToken={signIn} />;
  }
  const signOut = (why?: 'token' | 'role') => {
    setProblem(why);
    setToken(undefined);
  };
  return <SignedIn key={token} token={token} onSignOut={signOut} />;
}

function SignedIn({ token, onSignOut }: { token: string; onSignOut: (why?: 'token' | 'role') => void }) {
  const texts = useTexts(recoveries);
  const service = useMemo(() => new Service(token), [token]);
  const [news, setNews] = useState(0);
  const {
    rest: [id, chart],
  } = useRoute();
  const connection = useNews(
    service,
    (ids) => {
      const concerns = id === undefined || ids === undefined || ids.length === 0 || ids.includes(id);
      if (concerns) setNews((so) => so + 1);
    },
    ({ code }) => onSignOut(code === 'role' ? 'role' : 'token'),
  );
  const body =
    id === undefined ? (
      <RecoveryList service={service} news={news} />
    ) : chart !== undefined ? (
      <ChartsWithFigures service={service} id={chart} />
    ) : (
      <OneRecovery key={id} service={service} id={id} news={news} />
    );
  return (
    <div className="recoveries-page">
      <div className={`connection ${connection}`}>
        <output>{texts.connection[connection]}</output>
        <span className="space" />
        <button type="button" className="quiet" onClick={() => onSignOut()}>
          {texts.signIn.out}
        </button>
      </div>
      {body}
    </div>
  );
}
