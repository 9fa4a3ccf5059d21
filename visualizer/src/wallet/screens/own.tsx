import { useState } from 'react';
import { paths } from '../../../../machines/paths.ts';
import { evidenceFields } from '../../../../src/host/marks.ts';
import type { RecoveryView } from '../../../../src/host/view.ts';
import { textsOf } from '../../../../src/texts/index.ts';
import { EVENTS, PATHS } from '../../registry.ts';
import { emptyOf, type Field, faultsOf, formOf } from '../../simulator/form.ts';
import { SchemaForm } from '../../views/simulate/schema-form.tsx';
import { Step } from './parts.tsx';
import type { ScreenProps } from './screen.ts';

/** Ways out, which the phone has below every screen. */
const OUT = ['path.leave', 'recovery.cancel'];

/** What the owner may do in a state of a path that is not built in: types of events. */
export function ownSteps({ state, allowed }: RecoveryView): string[] {
  const [first, path] = state.split('.');
  if (first !== 'verifying' || paths.some(({ id }) => id === path)) return [];
  return allowed.filter((type) => EVENTS[type]?.from === 'owner' && !OUT.includes(type));
}

/** A path that is not built in has no screens: they are made from the schemas of its events. */
export function OwnSteps(props: ScreenProps) {
  return ownSteps(props.recovery.view).map((type) => <OwnStep key={type} type={type} {...props} />);
}

/** References to evidence are taken by the camera; the rest is asked for. */
function OwnStep({ type, recovery: { view, sandbox, send }, locale }: ScreenProps & { type: string }) {
  const schema = EVENTS[type]?.schema;
  const captured = schema ? evidenceFields(schema) : [];
  const form = schema ? without(formOf(schema), captured) : undefined;
  const [value, setValue] = useState<unknown>(() => (form ? emptyOf(form) : {}));
  const [faults, setFaults] = useState<ReadonlyMap<string, string>>(new Map());
  const go = () => {
    const refs = Object.fromEntries(captured.map((name) => [name, sandbox.world.capture({})]));
    const event = { ...(value as object), ...refs, type };
    const found = schema ? faultsOf(schema, event, locale) : new Map<string, string>();
    setFaults(found);
    if (found.size === 0) send(event);
  };
  return (
    <Step go={textsOf(view, locale, PATHS).allowed[type] ?? type} onGo={go}>
      {form && <SchemaForm field={form} value={value} faults={faults} onChange={setValue} />}
    </Step>
  );
}

const without = (form: Field, names: readonly string[]): Field =>
  form.kind === 'group' ? { ...form, fields: form.fields.filter(({ name }) => !names.includes(name)) } : form;
