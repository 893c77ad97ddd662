// The keys of the account: what each may do, when it was used, and how it ends.
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';

import { useSession } from '../api/session';
import { useStrings } from '../strings';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { Confirm } from '../ui/Overlays';
import { usePages } from '../ui/pages';
import { Badge, Empty, ErrorNote, Skeleton } from '../ui/Status';
import { Table } from '../ui/Table';
import { Time } from '../ui/Time';
import { ApiKeysDocument, type ApiKeysQuery, type ApiKeysQueryVariables, type KeyRowFragment, RevokeApiKeyDocument } from './operations.generated';
import { NewKey } from './NewKey';

const NOTHING = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } };
const keysOf = ({ account }: ApiKeysQuery) => account?.apiKeys ?? NOTHING;

export function Keys() {
  const t = useStrings();
  const { viewer } = useSession();
  const { result, items, hasMore, more, reload } = usePages<ApiKeysQuery, ApiKeysQueryVariables, KeyRowFragment>(ApiKeysDocument, {}, keysOf);
  const [isCreating, setIsCreating] = useState(false);
  const [asking, setAsking] = useState<KeyRowFragment | null>(null);
  const revoke = useAction(RevokeApiKeyDocument, { changes: ['ApiKey', 'Account'], done: t.settings.revokedDone });
  return (
    <section className="card">
      <header>
        <h2>{t.settings.keys}</h2>
        <Button kind="primary" size="s" icon={Plus} onPress={() => setIsCreating(true)}>
          {t.settings.create}
        </Button>
      </header>
      {result.error && <ErrorNote error={result.error} onRetry={reload} />}
      {result.fetching && items.length === 0 && <Skeleton lines={4} />}
      {result.data && !result.fetching && items.length === 0 && <Empty icon={KeyRound} title={t.settings.noKeys} />}
      {items.length > 0 && (
        <Table label={t.settings.keys} head={[t.settings.keyName, t.settings.role, t.settings.prefix, t.settings.lastUsed, t.settings.state, '']}>
          {items.map((key) => (
            <tr key={key.id}>
              <td>
                {key.name} {key.id === viewer.apiKey?.id && <Badge kind="accent">{t.settings.thisKey}</Badge>}
              </td>
              <td>{t.roles[key.role]}</td>
              <td>
                <code>{key.prefix}…</code>
              </td>
              <td>{key.lastUsedAt ? <Time at={key.lastUsedAt} /> : t.settings.never}</td>
              <td>
                <State apiKey={key} />
              </td>
              <td className="numeric">
                {!key.revokedAt && (
                  <Button size="s" kind="danger" onPress={() => setAsking(key)} aria-label={t.settings.revokeName(key.name)}>
                    {t.settings.revoke}
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {hasMore && (
        <div className="more">
          <Button onPress={more}>{t.common.more}</Button>
        </div>
      )}
      {isCreating && <NewKey onClose={() => setIsCreating(false)} onDone={reload} />}
      <Confirm
        isOpen={asking !== null}
        title={t.settings.revokeTitle}
        text={t.settings.revokeText(asking?.name ?? '')}
        action={t.settings.revoke}
        onClose={() => setAsking(null)}
        onConfirm={() => asking && void revoke.run({ input: { id: asking.id } }).then((data) => data && reload())}
      />
    </section>
  );
}

function State({ apiKey: { revokedAt, expiresAt } }: { readonly apiKey: KeyRowFragment }) {
  const t = useStrings();
  if (revokedAt) return <Badge kind="bad">{t.settings.revoked}</Badge>;
  if (expiresAt && Date.parse(expiresAt) < Date.now()) return <Badge kind="bad">{t.settings.expired}</Badge>;
  return (
    <>
      <Badge kind="good">{t.settings.valid}</Badge>
      {expiresAt && (
        <div className="fine">
          {t.settings.expires} <Time at={expiresAt} />
        </div>
      )}
    </>
  );
}
