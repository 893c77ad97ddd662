// Budgets and ceilings as amounts of which a part is spent.
import type { BoundsFragment } from './operations.generated';

export interface Bound {
  readonly kind: 'own' | 'ceiling';
  readonly unit: 'tokens' | 'usd';
  readonly whole: number;
  readonly spent: number;
  /** What answers in progress may take at most. */
  readonly held: number;
  /** Negative when more than the budget was spent. */
  readonly left: number;
}

export function boundsOf(bounds: BoundsFragment): readonly Bound[] {
  const { monthlyTokenBudget, monthlyCostBudgetUsd, ceilingTokens, ceilingCostUsd, spentTokens, reservedTokens, spentUsd } = bounds;
  const tokens = (kind: Bound['kind'], whole: number | null): Bound[] =>
    whole === null ? [] : [{ kind, unit: 'tokens', whole, spent: spentTokens, held: reservedTokens, left: whole - spentTokens }];
  const usd = (kind: Bound['kind'], whole: number | null): Bound[] => (whole === null ? [] : [{ kind, unit: 'usd', whole, spent: spentUsd, held: 0, left: whole - spentUsd }]);
  return [...tokens('own', monthlyTokenBudget), ...usd('own', monthlyCostBudgetUsd), ...tokens('ceiling', ceilingTokens), ...usd('ceiling', ceilingCostUsd)];
}

const DAY_MS = 86_400_000;

/** What is spent by the end of the month (UTC) at the rate so far; null on the first day, which tells too little. */
export function forecast(spent: number, now: Date): number | null {
  const start = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
  const end = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
  const passed = now.getTime() - start;
  if (passed < DAY_MS || spent <= 0) return null;
  const projected = (spent * (end - start)) / passed;
  return projected >= 10 ? Math.round(projected) : projected;
}
