// The accounts of the installation.
import { Building2, Plus } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';

import { useStrings } from '../strings';
import { useMoreStrings } from '../strings/more';
import { Button } from '../ui/Button';
import { useFormat } from '../ui/format';
import { Page } from '../ui/Page';
import { usePages } from '../ui/pages';
import { Badge, Empty, ErrorNote, Skeleton } from '../ui/Status';
import { Table } from '../ui/Table';
import { Time } from '../ui/Time';
import { NewAccount } from './NewAccount';
import { type AccountRowFragment, AccountsDocument, type AccountsQuery, type AccountsQueryVariables } from './operations.generated';

const accountsOf = ({ accounts }: AccountsQuery) => accounts;

export default function AccountsPage() {
  const s = useStrings();
  const t = useMoreStrings();
  const [isCreating, setIsCreating] = useState(false);
  const { result, items, hasMore, more, reload } = usePages<AccountsQuery, AccountsQueryVariables, AccountRowFragment>(AccountsDocument, {}, accountsOf);
  const create = (
    <Button kind="primary" icon={Plus} onPress={() => setIsCreating(true)}>
      {t.accounts.create}
    </Button>
  );
  return (
    <Page title={t.accounts.title} intro={t.accounts.intro} actions={create} isWide>
      {result.error && <ErrorNote error={result.error} onRetry={reload} />}
      {result.fetching && items.length === 0 && <Skeleton lines={6} />}
      {result.data && !result.fetching && items.length === 0 && (
        <Empty icon={Building2} title={t.accounts.none} action={create}>
          {t.accounts.noneText}
        </Empty>
      )}
      {items.length > 0 && <AccountTable accounts={items} />}
      {hasMore && (
        <div className="more">
          <Button onPress={more}>{s.common.more}</Button>
        </div>
      )}
      {isCreating && <NewAccount onClose={() => setIsCreating(false)} onDone={reload} />}
    </Page>
  );
}

function AccountTable({ accounts }: { readonly accounts: readonly AccountRowFragment[] }) {
  const s = useStrings();
  const t = useMoreStrings();
  const format = useFormat();
  return (
    <Table label={t.accounts.title} head={[t.accounts.account, t.accounts.state, t.accounts.tier, t.accounts.spent, t.accounts.ceiling, t.accounts.created]} numeric={[3, 4]}>
      {accounts.map(({ id, name, tier, createdAt, suspendedAt, billing }) => (
        <tr key={id}>
          <td>
            <Link href={`/console/accounts/${id}`}>{name}</Link>
            <div className="fine">
              <code>{id}</code>
            </div>
          </td>
          <td>{suspendedAt ? <Badge kind="bad">{t.accounts.suspended}</Badge> : <Badge kind="good">{t.accounts.active}</Badge>}</td>
          <td>{s.settings.tiers[tier]}</td>
          <td className="numeric">
            {s.settings.tokensSpent(format.compact(billing.spentTokens))}
            <div className="fine">{format.usd(billing.spentUsd)}</div>
          </td>
          <td className="numeric">
            {billing.ceilingTokens === null && billing.ceilingCostUsd === null && t.budgets.noLimit}
            {billing.ceilingTokens !== null && s.settings.tokensSpent(format.compact(billing.ceilingTokens))}
            {billing.ceilingCostUsd !== null && <div className="fine">{format.usd(billing.ceilingCostUsd)}</div>}
          </td>
          <td>
            <Time at={createdAt} />
          </td>
        </tr>
      ))}
    </Table>
  );
}
