// Any error as a sentence for the person, and the server's reference where it gives one.
import { TroupeError } from '@troupe/client';
import { CombinedError } from 'urql';

import type { Strings } from '../strings';

export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** Our own error for whatever a page may get. */
export function errorOf(thrown: unknown): TroupeError {
  if (thrown instanceof CombinedError) {
    const { graphQLErrors, networkError } = thrown;
    if (graphQLErrors.length > 0) return TroupeError.fromGraphQL(graphQLErrors);
    return TroupeError.from(networkError ?? thrown);
  }
  // a sentence of a page of its own
  if (thrown instanceof Error && !(thrown instanceof TroupeError)) return new TroupeError('failed', thrown.message);
  return TroupeError.from(thrown);
}

export function messageOf(thrown: unknown, t: Strings): { text: string; reference: string | null } {
  const error = errorOf(thrown);
  const { requestId } = error.extensions;
  const reference = typeof requestId === 'string' ? requestId : null;
  if (error.reason === 'network') return { text: t.errors.network, reference };
  if (error.reason === 'failed' && reference) return { text: t.errors.internal, reference };
  return { text: sentence(error.message), reference };
}

/** What is wrong with the fields of an input, by their paths. */
export function problemsOf(thrown: unknown): readonly Problem[] {
  const { problems } = errorOf(thrown).extensions;
  if (!Array.isArray(problems)) return [];
  return problems.filter((one): one is Problem => typeof one?.path === 'string' && typeof one?.message === 'string');
}

export function sentence(text: string): string {
  const trimmed = text.trim();
  if (!trimmed) return trimmed;
  const begun = trimmed[0]!.toUpperCase() + trimmed.slice(1);
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}
