// A list that is read page by page: what came so far, and a button for more.
import { useCallback, useEffect, useMemo, useState } from 'react';
import { type AnyVariables, type TypedDocumentNode, useQuery, type UseQueryState } from 'urql';

interface Connection<Item> {
  readonly nodes: readonly Item[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

export interface Pages<Data, Item> {
  readonly result: UseQueryState<Data>;
  readonly items: readonly Item[];
  readonly hasMore: boolean;
  more(): void;
  reload(): void;
}

/** `after` is the variable for the cursor; a change of another variable begins again. */
export function usePages<Data extends object, Variables extends AnyVariables & { after?: string | null }, Item extends { readonly id: string }>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, 'after'>,
  connectionOf: (data: Data) => Connection<Item>,
): Pages<Data, Item> {
  const key = JSON.stringify(variables);
  const [state, setState] = useState<{ key: string; after: string | null; before: readonly Item[] }>({ key, after: null, before: [] });
  const isCurrent = state.key === key;
  const after = isCurrent ? state.after : null;
  const [result, execute] = useQuery<Data, Variables>({ query, variables: { ...variables, after } as Variables });
  useEffect(() => {
    if (!isCurrent) setState({ key, after: null, before: [] });
  }, [isCurrent, key]);
  const connection = useMemo(() => (result.data ? connectionOf(result.data) : null), [result.data, connectionOf]);
  const items = useMemo(() => {
    const known = isCurrent ? state.before : [];
    const ids = new Set(known.map(({ id }) => id));
    return [...known, ...(connection?.nodes ?? []).filter(({ id }) => !ids.has(id))];
  }, [isCurrent, state.before, connection]);
  const more = useCallback(() => {
    const next = connection?.pageInfo.endCursor;
    if (next) setState({ key, after: next, before: items });
  }, [connection, key, items]);
  const reload = useCallback(() => {
    setState({ key, after: null, before: [] });
    execute({ requestPolicy: 'network-only' });
  }, [key, execute]);
  return { result, items, hasMore: connection?.pageInfo.hasNextPage ?? false, more, reload };
}
