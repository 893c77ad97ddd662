// The account and its keys.
import { useQuery } from 'urql';

import '../styles/runs.css';
import { useIsAtLeast } from '../api/session';
import { useStrings } from '../strings';
import { useFormat } from '../ui/format';
import { Loaded } from '../ui/Loaded';
import { Card, Facts, Page } from '../ui/Page';
import { Note } from '../ui/Status';
import { Keys } from './Keys';
import { AccountSettingsDocument, type AccountSettingsQuery } from './operations.generated';

export default function SettingsPage() {
  const t = useStrings();
  const isOwner = useIsAtLeast('OWNER');
  const [result, execute] = useQuery({ query: AccountSettingsDocument });
  return (
    <Page title={t.settings.title} intro={t.settings.intro}>
      <div className="stack">
        <Loaded result={result} onRetry={() => execute({ requestPolicy: 'network-only' })}>
          {({ account }) => account && <Account account={account} />}
        </Loaded>
        {isOwner ? <Keys /> : <Note kind="info">{t.settings.keysOwner}</Note>}
      </div>
    </Page>
  );
}

function Account({ account }: { readonly account: NonNullable<AccountSettingsQuery['account']> }) {
  const t = useStrings();
  const format = useFormat();
  const { monthlyTokenBudget, monthlyCostBudgetUsd, enforcement, spentTokens, spentUsd } = account.billing;
  const budgets = [monthlyTokenBudget !== null && t.settings.tokensSpent(format.number(monthlyTokenBudget)), monthlyCostBudgetUsd !== null && format.usd(monthlyCostBudgetUsd)].filter(
    Boolean,
  );
  return (
    <Card title={t.settings.account}>
      <Facts
        facts={[
          [t.settings.name, account.name],
          [t.settings.tier, t.settings.tiers[account.tier]],
          [t.settings.created, format.dateTime(account.createdAt)],
          [t.settings.spent, `${t.settings.tokensSpent(format.number(spentTokens))}, ${format.usd(spentUsd)}`],
          [t.settings.budget, budgets.length > 0 ? `${budgets.join(', ')} (${t.usage.enforcement[enforcement]})` : t.settings.noBudget],
          [t.settings.id, <code>{account.id}</code>],
        ]}
      />
    </Card>
  );
}
