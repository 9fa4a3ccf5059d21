import { type ReactNode, useId } from 'react';

interface FieldProps {
  label: string;
  value: string;
  onChange(value: string): void;
  hint?: string;
  type?: 'text' | 'password';
  /** Which keys a phone shows. */
  keys?: 'text' | 'numeric' | 'decimal';
  complete?: string;
}

/** A field of a screen, its label above it. */
export function TextField({
  label,
  value,
  onChange,
  hint,
  type = 'text',
  keys = 'text',
  complete = 'off',
}: FieldProps) {
  const id = useId();
  return (
    <div className="wallet-field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type={type}
        inputMode={keys}
        autoComplete={complete}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        {...(hint === undefined ? {} : { 'aria-describedby': `${id}-hint` })}
      />
      {hint !== undefined && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}

/** A screen's form with the button that goes on. */
export function Step({
  go,
  disabled = false,
  onGo,
  children,
}: {
  go: string;
  disabled?: boolean;
  onGo(): void;
  children?: ReactNode;
}) {
  return (
    <form
      className="wallet-step"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!disabled) onGo();
      }}
    >
      {children}
      <button type="submit" className="wallet-go" disabled={disabled}>
        {go}
      </button>
    </form>
  );
}
