// Who changed what in the account, the newest first.
import { ScrollText } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useQuery } from 'urql';

import '../styles/runs.css';
import { useStrings } from '../strings';
import { Button } from '../ui/Button';
import { SearchField } from '../ui/Fields';
import { useFormat } from '../ui/format';
import { Dialog } from '../ui/Overlays';
import { Card, Facts, Page } from '../ui/Page';
import { usePages } from '../ui/pages';
import { Empty, ErrorNote, Skeleton } from '../ui/Status';
import { Table } from '../ui/Table';
import { Time } from '../ui/Time';
import { AuditHeadDocument, AuditLogDocument, type AuditLogQuery, type AuditLogQueryVariables, type AuditRowFragment } from './operations.generated';

const entriesOf = ({ auditLog }: AuditLogQuery) => auditLog;

export default function AuditPage() {
  const t = useStrings();
  const [text, setText] = useState('');
  const [action, setAction] = useState<string | null>(null);
  const { result, items, hasMore, more, reload } = usePages<AuditLogQuery, AuditLogQueryVariables, AuditRowFragment>(AuditLogDocument, { filter: action ? { action } : null }, entriesOf);
  const [head] = useQuery({ query: AuditHeadDocument });
  const [shown, setShown] = useState<AuditRowFragment | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAction(text.trim() || null);
  };
  return (
    <Page title={t.audit.title} intro={t.audit.intro} isWide>
      <form className="bar" onSubmit={submit} role="search">
        <SearchField label={t.audit.filterAction} value={text} onChange={(next) => (setText(next), next === '' && setAction(null))} clearLabel={t.common.clear} />
        <Button type="submit">{t.knowledge.find}</Button>
      </form>
      {result.error && <ErrorNote error={result.error} onRetry={reload} />}
      {result.fetching && items.length === 0 && <Skeleton lines={8} />}
      {result.data && !result.fetching && items.length === 0 && <Empty icon={ScrollText} title={action ? t.audit.noneFound : t.audit.none} />}
      {items.length > 0 && <Entries entries={items} onShow={setShown} />}
      {hasMore && (
        <div className="more">
          <Button onPress={more}>{t.common.more}</Button>
        </div>
      )}
      {head.data?.account && (
        <Card title={t.audit.head}>
          <p className="fine">{t.audit.headHint}</p>
          <p>
            <code>{head.data.account.auditHead}</code>
          </p>
        </Card>
      )}
      <EntryDialog entry={shown} onClose={() => setShown(null)} />
    </Page>
  );
}

interface EntriesProps {
  readonly entries: readonly AuditRowFragment[];
  readonly onShow: (entry: AuditRowFragment) => void;
}

function Entries({ entries, onShow }: EntriesProps) {
  const t = useStrings();
  return (
    <Table label={t.audit.title} head={[t.audit.sequence, t.audit.at, t.audit.action, t.audit.actor, t.audit.subject, '']} numeric={[0]}>
      {entries.map((entry) => (
        <tr key={entry.id}>
          <td className="numeric">{entry.sequence}</td>
          <td>
            <Time at={entry.at} />
          </td>
          <td>{entry.action}</td>
          <td>
            <code>{entry.actor}</code>
          </td>
          <td>
            <code>{entry.subject}</code>
          </td>
          <td>
            <Button size="s" kind="quiet" onPress={() => onShow(entry)} aria-label={t.audit.show(entry.sequence)}>
              {t.audit.detail}
            </Button>
          </td>
        </tr>
      ))}
    </Table>
  );
}

function EntryDialog({ entry, onClose }: { readonly entry: AuditRowFragment | null; readonly onClose: () => void }) {
  const t = useStrings();
  const format = useFormat();
  return (
    <Dialog title={t.audit.entry(entry?.sequence ?? 0)} isOpen={entry !== null} onClose={onClose}>
      {entry && (
        <>
          <Facts
            facts={[
              [t.audit.action, entry.action],
              [t.audit.at, format.dateTime(entry.at)],
              [t.audit.actor, <code>{entry.actor}</code>],
              [t.audit.subject, <code>{entry.subject ?? '–'}</code>],
            ]}
          />
          <pre className="json" tabIndex={0}>
            {JSON.stringify(entry.detail, null, 2)}
          </pre>
          <Facts
            facts={[
              [t.audit.hash, <code>{entry.hash}</code>],
              [t.audit.previous, <code>{entry.previousHash}</code>],
            ]}
          />
        </>
      )}
    </Dialog>
  );
}
