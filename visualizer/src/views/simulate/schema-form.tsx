import { useId, useState } from 'react';
import { emptyOf, type Faults, type Field, type NamedField, optionFor } from '../../simulator/form.ts';
import { useTexts } from '../../texts/bilingual.ts';
import { simulator as simulatorTexts } from '../../texts/simulator.ts';

interface FieldProps {
  field: Field;
  label: string;
  value: unknown;
  /** Path of the value within the form. */
  path: string;
  faults: Faults;
  onChange(value: unknown): void;
}

/** A form made from a schema; it holds nothing itself. */
export function SchemaForm({ field, ...rest }: Omit<FieldProps, 'label' | 'path'>) {
  if (field.kind !== 'group') return <OneField {...rest} field={field} label="" path="" />;
  return <Group {...rest} fields={field.fields} path="" />;
}

function Group({
  fields,
  value,
  path,
  faults,
  onChange,
}: { fields: readonly NamedField[] } & Omit<FieldProps, 'field' | 'label'>) {
  const texts = useTexts(simulatorTexts);
  const record = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const set = (name: string, next: unknown) => onChange({ ...record, [name]: next });
  const drop = (name: string) => onChange(Object.fromEntries(Object.entries(record).filter(([key]) => key !== name)));
  return (
    <div className="fields">
      {fields.map(({ name, field, required }) => {
        if (field.kind === 'fixed') return null;
        if (!required && record[name] === undefined) {
          return (
            <div key={name} className="field-missing">
              <span>
                {name} <small>{texts.optional}</small>
              </span>
              <button type="button" className="quiet" onClick={() => set(name, emptyOf(field))}>
                {texts.give}
                <span className="visually-hidden"> {name}</span>
              </button>
            </div>
          );
        }
        return (
          <div key={name} className="field-row">
            <OneField
              field={field}
              label={name}
              value={record[name]}
              path={path === '' ? name : `${path}.${name}`}
              faults={faults}
              onChange={(next) => set(name, next)}
            />
            {!required && (
              <button
                type="button"
                className="quiet remove"
                aria-label={`${texts.remove} ${name}`}
                onClick={() => drop(name)}
              >
                ×
              </button>
            )}
          </div>
        );
      })}
    </div>
  );
}

function OneField(props: FieldProps) {
  const { field, label, value, path, faults, onChange } = props;
  const texts = useTexts(simulatorTexts);
  const id = useId();
  const fault = faults.get(path);
  const described = fault === undefined ? {} : { 'aria-invalid': true, 'aria-describedby': `${id}-fault` };
  const name = label === '' ? texts.value : label;
  const shell = (input: React.ReactNode) => (
    <div className="field">
      <label htmlFor={id}>{name}</label>
      {input}
      {fault !== undefined && (
        <span className="fault" id={`${id}-fault`}>
          {fault}
        </span>
      )}
    </div>
  );
  switch (field.kind) {
    case 'fixed':
      return null;
    case 'text':
      return shell(
        field.long ? (
          <textarea
            id={id}
            rows={3}
            value={String(value ?? '')}
            onChange={(event) => onChange(event.target.value)}
            {...described}
          />
        ) : (
          <input
            id={id}
            type="text"
            autoComplete="off"
            value={String(value ?? '')}
            onChange={(event) => onChange(event.target.value)}
            {...described}
          />
        ),
      );
    case 'number':
      return shell(
        <input
          id={id}
          type="number"
          step="any"
          value={typeof value === 'number' ? value : ''}
          onChange={(event) => onChange(event.target.value === '' ? undefined : Number(event.target.value))}
          {...described}
        />,
      );
    case 'boolean':
      return (
        <div className="field">
          <label className="check">
            <input
              type="checkbox"
              checked={value === true}
              onChange={(event) => onChange(event.target.checked)}
              {...described}
            />
            {name}
          </label>
        </div>
      );
    case 'choice':
      return shell(
        <select
          id={id}
          value={field.options.indexOf(value as never)}
          onChange={(event) => onChange(field.options[Number(event.target.value)])}
          {...described}
        >
          {!field.options.some((option) => option === value) && <option value={-1} />}
          {field.options.map((option, index) => (
            <option key={String(option)} value={index}>
              {String(option)}
            </option>
          ))}
        </select>,
      );
    case 'list':
      return <ListField {...props} item={field.item} fault={fault} />;
    case 'group':
      return (
        <fieldset className="field">
          <legend>{name}</legend>
          <Group fields={field.fields} value={value} path={path} faults={faults} onChange={onChange} />
        </fieldset>
      );
    case 'record':
      return <RecordField {...props} item={field.value} />;
    case 'either':
      return <EitherField {...props} options={field.options} />;
    case 'json':
      return <JsonField {...props} />;
  }
}

function ListField({
  item,
  label,
  value,
  path,
  faults,
  onChange,
  fault,
}: FieldProps & { item: Field; fault: string | undefined }) {
  const texts = useTexts(simulatorTexts);
  const items = Array.isArray(value) ? (value as unknown[]) : [];
  return (
    <fieldset className="field">
      <legend>{label}</legend>
      {items.map((each, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: items of a form have no names
        <div key={index} className="field-row">
          <OneField
            field={item}
            label={`${label} ${index + 1}`}
            value={each}
            path={`${path}.${index}`}
            faults={faults}
            onChange={(next) => onChange(items.with(index, next))}
          />
          <button
            type="button"
            className="quiet remove"
            aria-label={`${texts.remove} ${label} ${index + 1}`}
            onClick={() => onChange(items.toSpliced(index, 1))}
          >
            ×
          </button>
        </div>
      ))}
      <button type="button" onClick={() => onChange([...items, emptyOf(item)])}>
        {texts.add}
        <span className="visually-hidden"> {label}</span>
      </button>
      {fault !== undefined && <span className="fault">{fault}</span>}
    </fieldset>
  );
}

function RecordField({ item, label, value, path, faults, onChange }: FieldProps & { item: Field }) {
  const texts = useTexts(simulatorTexts);
  const entries = Object.entries((value ?? {}) as Record<string, unknown>);
  const set = (next: [string, unknown][]) => onChange(Object.fromEntries(next));
  return (
    <fieldset className="field">
      <legend>{label}</legend>
      {entries.map(([key, each], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the name is being written
        <div key={index} className="field-row">
          <div className="field">
            <input
              type="text"
              aria-label={`${texts.name} ${index + 1}`}
              value={key}
              onChange={(event) => set(entries.with(index, [event.target.value, each]))}
            />
          </div>
          <OneField
            field={item}
            label={key}
            value={each}
            path={`${path}.${key}`}
            faults={faults}
            onChange={(next) => set(entries.with(index, [key, next]))}
          />
          <button
            type="button"
            className="quiet remove"
            aria-label={`${texts.remove} ${key}`}
            onClick={() => set(entries.toSpliced(index, 1))}
          >
            ×
          </button>
        </div>
      ))}
      <button type="button" onClick={() => set([...entries, [`name${entries.length + 1}`, emptyOf(item)]])}>
        {texts.add}
        <span className="visually-hidden"> {label}</span>
      </button>
    </fieldset>
  );
}

function EitherField({ options, label, value, path, faults, onChange }: FieldProps & { options: Field[] }) {
  const texts = useTexts(simulatorTexts);
  const [chosen, setChosen] = useState(() => optionFor(options, value));
  const field = options[chosen] ?? { kind: 'json' };
  return (
    <div className="field either">
      <select
        aria-label={`${label}: ${texts.kind}`}
        value={chosen}
        onChange={(event) => {
          const index = Number(event.target.value);
          setChosen(index);
          onChange(emptyOf(options[index] ?? { kind: 'json' }));
        }}
      >
        {options.map((option, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: kinds have no names
          <option key={index} value={index}>
            {option.kind === 'fixed' ? JSON.stringify(option.value) : texts.kinds[option.kind]}
          </option>
        ))}
      </select>
      <OneField field={field} label={label} value={value} path={path} faults={faults} onChange={onChange} />
    </div>
  );
}

function JsonField({ label, value, path, faults, onChange }: FieldProps) {
  const texts = useTexts(simulatorTexts);
  const id = useId();
  const [text, setText] = useState(() => (value === undefined ? '' : JSON.stringify(value, null, 1)));
  const [isWrong, setWrong] = useState(false);
  const write = (next: string) => {
    setText(next);
    try {
      onChange(next.trim() === '' ? undefined : JSON.parse(next));
      setWrong(false);
    } catch {
      setWrong(true);
    }
  };
  const fault = isWrong ? texts.notJson : faults.get(path);
  return (
    <div className="field">
      <label htmlFor={id}>{label === '' ? texts.value : label}</label>
      <textarea id={id} rows={3} spellCheck={false} value={text} onChange={(event) => write(event.target.value)} />
      {fault !== undefined && <span className="fault">{fault}</span>}
    </div>
  );
}
