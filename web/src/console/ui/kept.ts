// What a query has read stays on the page when a later reading of the same fails: forms and dialogs stand on it.
import { useState } from 'react';

interface Result {
  readonly data?: unknown;
  readonly operation?: { readonly key: number } | undefined;
}

/** The result with the last data of the same operation, where an error has taken them away. */
export function useKept<State extends Result>(result: State): State {
  const key = result.operation?.key;
  const [last, setLast] = useState(result);
  if (result.data !== undefined && (last.data !== result.data || last.operation?.key !== key)) setLast(result);
  return result.data === undefined && last.operation?.key === key ? { ...result, data: last.data } : result;
}
