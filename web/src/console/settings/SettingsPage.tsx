// The account, its budgets, the identity providers of its people, and its keys.
import { useQuery } from 'urql';

import '../styles/runs.css';
import { useIsAtLeast } from '../api/session';
import { useStrings } from '../strings';
import { useFormat } from '../ui/format';
import { Loaded } from '../ui/Loaded';
import { Card, Facts, Page } from '../ui/Page';
import { Note } from '../ui/Status';
import { Budgets } from './Budgets';
import { Identity } from './Identity';
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
        <Budgets />
        <Identity />
        {isOwner ? <Keys /> : <Note kind="info">{t.settings.keysOwner}</Note>}
      </div>
    </Page>
  );
}

function Account({ account }: { readonly account: NonNullable<AccountSettingsQuery['account']> }) {
  const t = useStrings();
  const format = useFormat();
  return (
    <Card title={t.settings.account}>
      <Facts
        facts={[
          [t.settings.name, account.name],
          [t.settings.tier, t.settings.tiers[account.tier]],
          [t.settings.created, format.dateTime(account.createdAt)],
          [t.settings.id, <code>{account.id}</code>],
        ]}
      />
    </Card>
  );
}
