// What `/readyz` answers.

export interface Readiness {
  readonly ready: boolean;
  readonly draining: boolean;
  readonly checks: readonly Check[];
}

export interface Check {
  readonly name: string;
  readonly ready: boolean;
  readonly required: boolean;
  readonly reason: string | null;
}

/** Null for anything else, such as the answer of a proxy. The required checks come first. */
export function readinessOf(answer: unknown): Readiness | null {
  if (typeof answer !== 'object' || answer === null) return null;
  const { ready, draining, checks } = answer as Record<string, unknown>;
  if (typeof ready !== 'boolean' || typeof checks !== 'object' || checks === null) return null;
  const found = Object.entries(checks as Record<string, Partial<Check>>).map(([name, check]) => ({
    name,
    ready: check.ready === true,
    required: check.required === true,
    reason: check.reason ?? null,
  }));
  return { ready, draining: draining === true, checks: found.sort((one, other) => Number(other.required) - Number(one.required)) };
}
