// A query's result: a skeleton at first, then the data; an error beside what was read before, or alone.
import type { ReactNode } from 'react';
import type { UseQueryState } from 'urql';

import { useKept } from './kept';
import { ErrorNote, Skeleton } from './Status';

interface Props<Data extends object> {
  readonly result: UseQueryState<Data, never> | UseQueryState<Data>;
  readonly onRetry: () => void;
  readonly skeleton?: ReactNode;
  readonly children: (data: Data) => ReactNode;
}

export function Loaded<Data extends object>({ result, onRetry, skeleton, children }: Props<Data>) {
  const { data, error } = useKept(result);
  return (
    <>
      {error && <ErrorNote error={error} onRetry={onRetry} />}
      {data ? children(data) : error ? null : (skeleton ?? <Skeleton lines={5} />)}
    </>
  );
}
