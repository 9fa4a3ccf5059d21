import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redacted } from '../../src/inspect/redact.ts';

const SECRET = 'the-secret';

describe('what is shown of a message', () => {
  it('is the states and the types of events, and what is on the list', () => {
    const shown = redacted(
      {
        type: '@xstate.snapshot',
        sessionId: 'x:0',
        createdAt: '1',
        event: { type: 'code.submit', code: SECRET, attempt: 2 },
        snapshot: {
          status: 'active',
          value: { a: 'b' },
          tags: ['busy'],
          context: { phone: SECRET, attempt: 2, deep: [{ name: SECRET, attempt: 3 }] },
          output: SECRET,
          error: { message: SECRET },
          children: { a: { snapshot: { context: SECRET } } },
        },
        extra: SECRET,
      },
      ['attempt'],
    );
    expect(shown).toEqual({
      type: '@xstate.snapshot',
      sessionId: 'x:0',
      createdAt: '1',
      event: { type: 'code.submit', code: '(hidden)', attempt: 2 },
      snapshot: {
        status: 'active',
        value: { a: 'b' },
        tags: ['busy'],
        context: { phone: '(hidden)', attempt: 2, deep: [{ name: '(hidden)', attempt: 3 }] },
        output: '(hidden)',
        error: '(hidden)',
      },
    });
  });

  it('is a chart without what it is given', () => {
    const definition = JSON.stringify({
      id: 'm',
      context: { phone: SECRET },
      states: {
        context: {
          states: { a: { entry: { type: 'hum', params: { text: SECRET } }, invoke: { src: 'x', input: SECRET } } },
        },
      },
    });
    const shown = redacted({ type: '@xstate.actor', sessionId: 'x:0', name: 'm', definition }, []);
    expect(JSON.parse(String(shown?.definition))).toEqual({
      id: 'm',
      states: { context: { states: { a: { entry: { type: 'hum' }, invoke: { src: 'x' } } } } },
    });
  });

  it('never holds a value whose key is not on the list', () => {
    const key = fc.constantFrom('phone', 'name', 'context', 'params', 'value1', 'message', 'nested');
    const value = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.constant(SECRET),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 3 }),
      ),
    })).tree;
    fc.assert(
      fc.property(value, value, value, (context, event, output) => {
        const message = {
          type: '@xstate.snapshot',
          sessionId: 'x:0',
          event: { ...(typeof event === 'object' ? event : { event }), type: 'GO' },
          snapshot: { status: 'done', context, output, error: context },
        };
        expect(JSON.stringify(redacted(message, ['allowed']))).not.toContain(SECRET);
      }),
    );
  });

  it.each([[null], [7], [[]], [{}], [{ type: '@statelyai.connected' }], [{ type: '@xstate.actors' }]])(
    'is nothing of %j',
    (value) => {
      expect(redacted(value, 'all')).toBeUndefined();
    },
  );
});
