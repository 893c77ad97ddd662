// What is left of each budget, while answers spend it.
import { useQuery } from 'urql';

import { useStrings } from '../strings';
import { useFormat } from '../ui/format';
import { Loaded } from '../ui/Loaded';
import { usePolling } from '../ui/polling';
import { Badge } from '../ui/Status';
import { BudgetsLeftDocument, type BudgetsLeftQuery } from './operations.generated';

type Budget = BudgetsLeftQuery['rateLimit']['budgets'][number];

/** Budgets have no subscription. */
const AGAIN_MS = 2_000;

export function Budgets() {
  const [result, execute] = useQuery({ query: BudgetsLeftDocument });
  const read = () => execute({ requestPolicy: 'network-only' });
  usePolling(read, result.error ? null : AGAIN_MS);
  return (
    <Loaded result={result} onRetry={read}>
      {({ rateLimit }) => <List budgets={rateLimit.budgets} />}
    </Loaded>
  );
}

function List({ budgets }: { readonly budgets: readonly Budget[] }) {
  const t = useStrings();
  const format = useFormat();
  if (budgets.length === 0) return <p className="muted">{t.usage.budgetsNone}</p>;
  return (
    <ul className="budgets">
      {budgets.map(({ scope, tokens, tokensLeft, costUsd, costUsdLeft, enforcement }, index) => (
        <li key={index}>
          <header>
            <b>{t.usage.scopes[scope]}</b>
            <Badge kind={enforcement === 'BLOCK' ? 'warn' : 'plain'}>{t.usage.enforcement[enforcement]}</Badge>
          </header>
          {tokens !== null && tokensLeft !== null && <Left label={t.usage.tokens} left={tokensLeft} of={tokens} format={format.compact} />}
          {costUsd !== null && costUsdLeft !== null && <Left label={t.usage.cost} left={costUsdLeft} of={costUsd} format={format.usd} />}
        </li>
      ))}
    </ul>
  );
}

interface LeftProps {
  readonly label: string;
  readonly left: number;
  readonly of: number;
  readonly format: (value: number) => string;
}

function Left({ label, left, of, format }: LeftProps) {
  const t = useStrings();
  return (
    <div>
      <p className="fine">
        {label}: {t.usage.left(format(Math.max(0, left)), format(of))}
      </p>
      <meter min={0} max={of || 1} low={of * 0.1} value={Math.max(0, left)} aria-label={label} className="budget" />
    </div>
  );
}
