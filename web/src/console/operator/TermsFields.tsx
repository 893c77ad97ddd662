// The fields of an account's terms, for a new account and for one that exists.
import { useStrings } from '../strings';
import { useMoreStrings } from '../strings/more';
import { Select, TextField } from '../ui/Fields';
import { type Terms, TIERS } from './terms';

interface Props {
  readonly terms: Terms;
  readonly onTerms: (terms: Terms) => void;
  readonly problem: (field: string) => string | undefined;
}

export function TermsFields({ terms, onTerms, problem }: Props) {
  const s = useStrings();
  const t = useMoreStrings();
  return (
    <>
      <TextField label={t.accounts.name} value={terms.name} onChange={(name) => onTerms({ ...terms, name })} problem={problem('name')} maxLength={120} isRequired />
      <Select
        label={t.accounts.tier}
        value={terms.tier}
        onChange={(id) => onTerms({ ...terms, tier: TIERS.find((tier) => tier === id) ?? terms.tier })}
        options={TIERS.map((id) => ({ id, name: s.settings.tiers[id], hint: t.accounts.tierHints[id] }))}
        problem={problem('tier')}
      />
      <TextField
        label={t.accounts.ceilingTokens}
        description={t.accounts.ceilingHint}
        value={terms.ceilingTokens}
        onChange={(ceilingTokens) => onTerms({ ...terms, ceilingTokens })}
        problem={problem('ceilingTokens')}
        inputMode="numeric"
      />
      <TextField
        label={t.accounts.ceilingCost}
        description={t.accounts.ceilingHint}
        value={terms.ceilingCostUsd}
        onChange={(ceilingCostUsd) => onTerms({ ...terms, ceilingCostUsd })}
        problem={problem('ceilingCostUsd')}
        inputMode="decimal"
      />
    </>
  );
}
