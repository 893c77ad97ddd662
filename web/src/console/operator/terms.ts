// The terms of an account as they are typed, and as they are sent.
import { isWrong, numberOf } from '../ui/number';
import type { AccountRowFragment, AccountTier } from './operations.generated';

export interface Terms {
  readonly name: string;
  readonly tier: AccountTier;
  readonly ceilingTokens: string;
  readonly ceilingCostUsd: string;
}

export const TIERS: readonly AccountTier[] = ['ENTRY', 'STANDARD', 'PREMIUM'];

export const NEW_TERMS: Terms = { name: '', tier: 'ENTRY', ceilingTokens: '', ceilingCostUsd: '' };

export function termsOf({ name, tier, billing }: AccountRowFragment): Terms {
  return { name, tier, ceilingTokens: text(billing.ceilingTokens), ceilingCostUsd: text(billing.ceilingCostUsd) };
}

function text(value: number | null): string {
  return value === null ? '' : String(value);
}

/** The input, and the fields that hold no number. */
export function termsInput({ name, tier, ceilingTokens, ceilingCostUsd }: Terms) {
  const input = { name, tier, ceilingTokens: numberOf(ceilingTokens), ceilingCostUsd: numberOf(ceilingCostUsd) };
  const wrong = (['ceilingTokens', 'ceilingCostUsd'] as const).filter((field) => isWrong(input[field]));
  return { input, wrong };
}
