import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { createEndpointHandler } from '@restatedev/restate-sdk';
import { xstate } from '@restatedev/xstate';
import { fromPromise } from '@restatedev/xstate/promise';
import { type PortName, policyOf, ports as portSpecs, recoveryMachine, voiceMachine } from 'regain/machines';
import { sandboxAccount } from 'regain/sandbox';
import type { AnyStateMachine } from 'xstate';
import { agreeablePorts } from '../../src/adapters/agreeable.ts';
import { POLICY } from './subject.ts';

/** The recovery chart as `@restatedev/xstate` serves it, with recoveries in the call; its ports answer at once. */

const [ingress = '', admin = '', count = '0'] = process.argv.slice(2);
const answers = agreeablePorts(() => sandboxAccount());
const provided = (names: readonly PortName[]) =>
  Object.fromEntries(names.map((name) => [name, fromPromise(async () => answers[name]({} as never, {} as never))]));
const machine = (recoveryMachine as AnyStateMachine).provide({
  actors: {
    ...provided(Object.keys(portSpecs) as PortName[]),
    voice: (voiceMachine as AnyStateMachine).provide({
      actors: provided(['sendCode', 'matchVoiceprint', 'checkAnswers']),
    }),
  },
});

const server = createServer(createEndpointHandler({ services: [xstate('recovery', machine)], logger: () => {} }));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
await asked(`${admin}/deployments`, { uri });

async function asked(url: string, body: unknown): Promise<{ value: unknown }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
  return JSON.parse(text);
}

async function bringIntoCall(id: string): Promise<void> {
  const recovery = `${ingress}/recovery/${id}`;
  const input = { recoveryId: id, accountId: id, device: { deviceId: 'd1' }, network: {}, at: Date.now() };
  const sends = (event: object) => asked(`${recovery}/send`, { event: { ...event, at: Date.now() } });
  const reaches = async (state: string) => {
    for (let value: unknown; !JSON.stringify(value ?? '').includes(state); await setTimeout(10))
      ({ value } = await asked(`${recovery}/snapshot`, {}));
  };
  await asked(`${recovery}/create`, { input: { ...input, policy: policyOf(POLICY) } });
  await reaches('offering');
  await sends({ type: 'path.choose', path: 'voice' });
  await reaches('voice');
  for (const type of ['call.connected', 'call.dropped', 'call.connected']) await sends({ type });
}

for (let index = 0; index < Number(count); index++) await bringIntoCall(`a${index}`);
process.once('disconnect', () => process.exit(0));
process.send?.('ready');
