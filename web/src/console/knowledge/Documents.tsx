// The documents of an agent, with the progress of those that are being read.
import { FileText, Trash2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useSubscription } from 'urql';

import { useStrings } from '../strings';
import { useAction } from '../ui/action';
import { Button, IconButton } from '../ui/Button';
import { useFormat } from '../ui/format';
import { Confirm } from '../ui/Overlays';
import { usePages } from '../ui/pages';
import { Badge, Empty, ErrorNote, Skeleton } from '../ui/Status';
import { Table } from '../ui/Table';
import { Time } from '../ui/Time';
import {
  DeleteDocumentDocument,
  DocumentProgressDocument,
  type DocumentRowFragment,
  DocumentsDocument,
  type DocumentsQuery,
  type DocumentsQueryVariables,
} from './operations.generated';

const KINDS = { PENDING: 'plain', EMBEDDING: 'info', READY: 'good', FAILED: 'bad' } as const;
const NOTHING = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } };
const documentsOf = ({ agent }: DocumentsQuery) => agent?.documents ?? NOTHING;

interface Props {
  readonly agentId: string;
  readonly slug: string;
  readonly mayDelete: boolean;
}

export function Documents({ agentId, slug, mayDelete }: Props) {
  const t = useStrings();
  const { result, items, hasMore, more, reload } = usePages<DocumentsQuery, DocumentsQueryVariables, DocumentRowFragment>(DocumentsDocument, { slug }, documentsOf);
  const live = useLive(agentId);
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState<DocumentRowFragment | null>(null);
  const remove = useAction(DeleteDocumentDocument, { changes: ['Agent'], done: t.knowledge.removed });
  const documents = useMemo(() => {
    const ids = new Set(items.map(({ id }) => id));
    const fresh = [...live.values()].filter(({ id }) => !ids.has(id)).reverse();
    return [...fresh, ...items.map((item) => live.get(item.id) ?? item)].filter(({ id }) => !gone.has(id));
  }, [items, live, gone]);
  const confirm = () => asking && void remove.run({ input: { id: asking.id } }).then((done) => done && setGone(new Set([...gone, asking.id])));
  return (
    <section>
      <h2 className="section">{t.knowledge.documents}</h2>
      {result.error && <ErrorNote error={result.error} onRetry={reload} />}
      {result.fetching && documents.length === 0 && <Skeleton lines={4} />}
      {result.data && !result.fetching && documents.length === 0 && (
        <Empty icon={FileText} title={t.knowledge.none}>
          {t.knowledge.noneText}
        </Empty>
      )}
      {documents.length > 0 && (
        <Table label={t.knowledge.documents} head={[t.knowledge.document, t.knowledge.statusTitle, t.knowledge.passages, t.knowledge.added, '']} numeric={[2]}>
          {documents.map((document) => (
            <Row key={document.id} document={document} onRemove={mayDelete ? () => setAsking(document) : null} />
          ))}
        </Table>
      )}
      {hasMore && (
        <div className="more">
          <Button onPress={more}>{t.common.more}</Button>
        </div>
      )}
      <Confirm
        isOpen={asking !== null}
        title={t.knowledge.removeTitle}
        text={t.knowledge.removeText(asking?.title ?? '')}
        action={t.knowledge.remove}
        onClose={() => setAsking(null)}
        onConfirm={confirm}
      />
    </section>
  );
}

function useLive(agentId: string): ReadonlyMap<string, DocumentRowFragment> {
  const [{ data }] = useSubscription(
    { query: DocumentProgressDocument, variables: { agentId } },
    (known: Map<string, DocumentRowFragment> | undefined, { documentProgress }) => new Map(known).set(documentProgress.id, documentProgress),
  );
  return data ?? new Map<string, DocumentRowFragment>();
}

function Row({ document, onRemove }: { readonly document: DocumentRowFragment; readonly onRemove: (() => void) | null }) {
  const t = useStrings();
  const format = useFormat();
  const { title, status, progress, passageCount, error, warnings, mediaType, createdAt } = document;
  return (
    <tr>
      <td>
        <b className="title">{title}</b>
        {mediaType && <div className="fine">{mediaType}</div>}
        {error && <div className="problem">{error}</div>}
        {warnings.length > 0 && (
          <details className="warnings">
            <summary>{t.knowledge.warnings(warnings.length)}</summary>
            <ul>
              {warnings.map((warning) => (
                <li key={warning}>{warning}</li>
              ))}
            </ul>
          </details>
        )}
      </td>
      <td>
        <Badge kind={KINDS[status]}>{t.knowledge.status[status]}</Badge>
        {status === 'EMBEDDING' && progress !== null && <progress max={1} value={progress} aria-label={format.percent(progress)} />}
      </td>
      <td className="numeric">{format.number(passageCount)}</td>
      <td>
        <Time at={createdAt} />
      </td>
      <td className="numeric">{onRemove && <IconButton icon={Trash2} label={t.knowledge.removeName(title)} onPress={onRemove} />}</td>
    </tr>
  );
}
