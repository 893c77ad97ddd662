// The people who chat with the account's agents.
import { UserRound } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { Link } from 'wouter';

import { useStrings } from '../strings';
import { Button } from '../ui/Button';
import { SearchField } from '../ui/Fields';
import { Page } from '../ui/Page';
import { usePages } from '../ui/pages';
import { Badge, Empty, ErrorNote, Skeleton } from '../ui/Status';
import { Table } from '../ui/Table';
import { Time } from '../ui/Time';
import { PeopleDocument, type PeopleQuery, type PeopleQueryVariables, type PersonRowFragment } from './operations.generated';

const peopleOf = ({ endUsers }: PeopleQuery) => endUsers;

export default function PeoplePage() {
  const t = useStrings();
  const [text, setText] = useState('');
  const search = useDeferredValue(text.trim()) || null;
  const { result, items, hasMore, more, reload } = usePages<PeopleQuery, PeopleQueryVariables, PersonRowFragment>(PeopleDocument, { search }, peopleOf);
  return (
    <Page title={t.people.title} intro={t.people.intro}>
      <div className="bar">
        <SearchField label={t.people.search} value={text} onChange={setText} clearLabel={t.common.clear} />
      </div>
      {result.error && <ErrorNote error={result.error} onRetry={reload} />}
      {result.fetching && items.length === 0 && <Skeleton lines={6} />}
      {result.data && !result.fetching && items.length === 0 && (
        <Empty icon={UserRound} title={search ? t.people.noneFound : t.people.none}>
          {!search && t.people.noneText}
        </Empty>
      )}
      {items.length > 0 && (
        <Table label={t.people.title} head={[t.people.person, t.people.externalId, t.people.lastSeen, t.people.since]}>
          {items.map(({ id, externalId, displayName, anonymous, lastSeenAt, createdAt }) => (
            <tr key={id}>
              <td>
                <Link href={`/console/people/${id}`}>{displayName ?? externalId}</Link> {anonymous && <Badge>{t.people.anonymous}</Badge>}
              </td>
              <td>
                <code>{externalId}</code>
              </td>
              <td>{lastSeenAt ? <Time at={lastSeenAt} /> : t.settings.never}</td>
              <td>
                <Time at={createdAt} />
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
    </Page>
  );
}
