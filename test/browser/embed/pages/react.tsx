import { useSelector } from '@xstate/react';
import { StrictMode, useEffect, useState, useSyncExternalStore } from 'react';
import { createRoot } from 'react-dom/client';
import { openActor, type TabActor } from '../../../../src/browser/index.ts';
import { order } from '../order.ts';

// A React app with a durable order: by @xstate/react, and by React alone.

const ports = { charge: async () => ({ receipt: 'r1' }) };

function App() {
  const [actor, setActor] = useState<TabActor<typeof order>>();
  useEffect(() => {
    const opening = openActor(order, { id: 'react', ports });
    let isGone = false;
    void opening.then((opened) => isGone || setActor(opened));
    return () => {
      isGone = true;
      void opening.then((opened) => opened.close());
    };
  }, []);
  return actor ? <Order actor={actor} /> : <p>opening</p>;
}

let renders = 0;

function Order({ actor }: { actor: TabActor<typeof order> }) {
  const state = useSelector(actor, (snapshot) => String(snapshot.value));
  const snapshot = useSyncExternalStore(actor.subscribe, actor.getSnapshot);
  const { role } = useSyncExternalStore(actor.info.subscribe, actor.info.getSnapshot);
  renders += 1;
  return (
    <>
      <output id="selected">{state}</output>
      <output id="plain">{`${snapshot.value} ${snapshot.context.receipt ?? ''} ${role}`}</output>
      <button
        type="button"
        disabled={!snapshot.can({ type: 'PAY', amount: 20 })}
        onClick={() => actor.send({ type: 'PAY', amount: 20 })}
      >
        pay
      </button>
    </>
  );
}

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
Object.assign(globalThis, { app: { renders: () => renders } });
