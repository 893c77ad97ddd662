// One person: what they asked and used, and what they may ask for: an export, an end of their sessions, an erasure.
import { ArrowLeft, MessageSquare } from 'lucide-react';
import { useMemo } from 'react';
import { Link } from 'wouter';
import { useQuery } from 'urql';

import '../styles/runs.css';
import { useStrings } from '../strings';
import { Button } from '../ui/Button';
import { useFormat } from '../ui/format';
import { useKept } from '../ui/kept';
import { Loaded } from '../ui/Loaded';
import { Card, Facts, Page } from '../ui/Page';
import { usePages } from '../ui/pages';
import { Badge, Empty, ErrorNote, Skeleton } from '../ui/Status';
import { Table } from '../ui/Table';
import { Time } from '../ui/Time';
import { rangeOf } from '../usage/days';
import {
  PersonConversationsDocument,
  type PersonConversationsQuery,
  type PersonConversationsQueryVariables,
  PersonDocument,
  type PersonQuery,
} from './operations.generated';
import { PersonActions } from './PersonActions';

type Row = PersonConversationsQuery['conversations']['nodes'][number];

const DAYS = 30;
const conversationsOf = ({ conversations }: PersonConversationsQuery) => conversations;

export default function PersonPage({ id }: { readonly id: string }) {
  const t = useStrings();
  const range = useMemo(() => rangeOf(DAYS, Date.now()), []);
  const [answer, execute] = useQuery({ query: PersonDocument, variables: { id, range } });
  const result = useKept(answer);
  const person = personOf(result.data);
  const reload = () => execute({ requestPolicy: 'network-only' });
  const back = (
    <Link href="/console/people">
      <ArrowLeft aria-hidden size={14} />
      {t.people.back}
    </Link>
  );
  return (
    <Page title={person?.displayName ?? person?.externalId ?? t.people.person} back={back}>
      {result.data && !person && <ErrorNote error={new Error(t.people.notFound)} />}
      <Loaded result={result} onRetry={reload}>
        {() =>
          person && (
            <div className="stack">
              <About person={person} />
              <Conversations externalId={person.externalId} />
              <PersonActions key={person.id} externalId={person.externalId} />
            </div>
          )
        }
      </Loaded>
    </Page>
  );
}

type Person = Extract<PersonQuery['node'], { externalId: string }>;

function personOf(data: PersonQuery | undefined): Person | null {
  const node = data?.node;
  return node && 'externalId' in node ? (node as Person) : null;
}

function About({ person }: { readonly person: Person }) {
  const t = useStrings();
  const format = useFormat();
  const { externalId, anonymous, createdAt, lastSeenAt, usage } = person;
  return (
    <Card title={t.agents.about} actions={<Link href={`/console/runs?person=${encodeURIComponent(externalId)}`}>{t.nav.runs}</Link>}>
      <Facts
        facts={[
          [t.people.externalId, <code>{externalId}</code>],
          [t.people.kind, anonymous ? t.people.anonymous : t.people.named],
          [t.people.since, <Time at={createdAt} />],
          [t.people.lastSeen, lastSeenAt ? <Time at={lastSeenAt} /> : t.settings.never],
          [t.people.usage(DAYS), `${t.settings.tokensSpent(format.number(usage.inputTokens + usage.outputTokens))}, ${format.usd(usage.costUsd)}`],
        ]}
      />
    </Card>
  );
}

function Conversations({ externalId }: { readonly externalId: string }) {
  const t = useStrings();
  const format = useFormat();
  const { result, items, hasMore, more, reload } = usePages<PersonConversationsQuery, PersonConversationsQueryVariables, Row>(
    PersonConversationsDocument,
    { externalId },
    conversationsOf,
  );
  return (
    <section>
      <h2 className="section">{t.people.conversations}</h2>
      {result.error && <ErrorNote error={result.error} onRetry={reload} />}
      {result.fetching && items.length === 0 && <Skeleton lines={3} />}
      {result.data && !result.fetching && items.length === 0 && <Empty icon={MessageSquare} title={t.people.noConversations} />}
      {items.length > 0 && (
        <Table label={t.people.conversations} head={[t.chat.title, t.chat.agent, t.chat.messages, t.people.lastMessage]} numeric={[2]}>
          {items.map(({ id, title, agent, messageCount, updatedAt, archivedAt }) => (
            <tr key={id}>
              <td>
                <Link href={`/console/conversations/${id}`}>{title ?? t.chat.untitled}</Link> {archivedAt && <Badge>{t.people.archived}</Badge>}
              </td>
              <td>{agent?.name ?? t.chat.noAgent}</td>
              <td className="numeric">{format.number(messageCount)}</td>
              <td>
                <Time at={updatedAt} />
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
    </section>
  );
}
