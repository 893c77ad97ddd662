// A table that scrolls sideways where it is too wide, with the keyboard too.
import type { ReactNode } from 'react';

interface Props {
  readonly label: string;
  readonly head: readonly ReactNode[];
  /** The columns of numbers. */
  readonly numeric?: readonly number[];
  readonly children: ReactNode;
}

export function Table({ label, head, numeric = [], children }: Props) {
  return (
    <div className="table" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {head.map((cell, index) => (
              <th key={index} scope="col" className={numeric.includes(index) ? 'numeric' : undefined}>
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
