import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';

interface RowsProps {
  label: string;
  count: number;
  height: number;
  current: number;
  onChoose(row: number): void;
  /** What a row says, where that is more than can be read in it. */
  nameOf?(row: number): string;
  children(row: number): ReactNode;
  header?: ReactNode;
}

/** A list of which only the rows in sight are drawn. One of them is current: arrows, Home and End move it. */
export function Rows({ label, count, height, current, onChoose, nameOf, children, header }: RowsProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 12,
  });
  useEffect(() => {
    if (current >= 0) rows.scrollToIndex(current, { align: 'auto' });
  }, [rows, current]);
  const onKeyDown = (event: KeyboardEvent) => {
    const to = { ArrowDown: current + 1, ArrowUp: current - 1, Home: 0, End: count - 1 }[event.key];
    if (to === undefined || count === 0) return;
    event.preventDefault();
    onChoose(Math.min(Math.max(to, 0), count - 1));
  };
  return (
    <div className="rows">
      {header}
      <div
        ref={scroller}
        className="rows-scroller"
        role="listbox"
        aria-label={label}
        tabIndex={0}
        aria-activedescendant={current >= 0 ? `row-${current}` : undefined}
        onKeyDown={onKeyDown}
      >
        <div role="presentation" style={{ height: rows.getTotalSize(), position: 'relative' }}>
          {rows.getVirtualItems().map(({ index, start }) => (
            // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus and the keys
            // biome-ignore lint/a11y/useKeyWithClickEvents: see above
            <div
              key={index}
              id={`row-${index}`}
              role="option"
              aria-label={nameOf?.(index)}
              aria-selected={index === current}
              aria-posinset={index + 1}
              aria-setsize={count}
              className="row"
              style={{ height, transform: `translateY(${start}px)` }}
              onClick={() => onChoose(index)}
            >
              {children(index)}
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}
