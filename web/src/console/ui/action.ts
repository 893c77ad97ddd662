// A mutation as an action of the person: pending, then a short message, or the error.
import { useCallback, useState } from 'react';
import { type AnyVariables, type TypedDocumentNode, useClient } from 'urql';

import { errorOf } from './errors';
import { useToasts } from './Toasts';

interface Options<Data> {
  /** The kinds of objects whose lists change. */
  readonly changes: readonly string[];
  readonly done?: string | ((data: Data) => string);
  /** The caller shows the error itself. */
  readonly isQuiet?: boolean;
}

export interface Action<Data, Variables> {
  readonly isPending: boolean;
  readonly error: Error | null;
  /** Resolves to null when it failed. */
  run(variables: Variables): Promise<Data | null>;
  reset(): void;
}

export function useAction<Data extends object, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  { changes, done, isQuiet = false }: Options<Data>,
): Action<Data, Variables> {
  const client = useClient();
  const toasts = useToasts();
  const [state, setState] = useState<{ isPending: boolean; error: Error | null }>({ isPending: false, error: null });
  const types = changes.join(' ');
  const run = useCallback(
    async (variables: Variables) => {
      setState({ isPending: true, error: null });
      const context = { additionalTypenames: types.split(' ') };
      const result = await client.mutation(document, variables, context).toPromise();
      const error = result.error ? errorOf(result.error) : null;
      setState({ isPending: false, error });
      if (error && !isQuiet) toasts.failed(error);
      if (error || !result.data) return null;
      if (done) toasts.done(typeof done === 'string' ? done : done(result.data));
      return result.data;
    },
    [client, document, types, done, isQuiet, toasts],
  );
  const reset = useCallback(() => setState({ isPending: false, error: null }), []);
  return { ...state, run, reset };
}
