// Every answer as it was made, the newest first.
import { Activity, RotateCw } from 'lucide-react';
import { useState } from 'react';
import { Link, useSearch } from 'wouter';
import { useQuery } from 'urql';

import '../styles/runs.css';
import { useIsOutside } from '../api/session';
import { useStrings } from '../strings';
import { Button, IconButton } from '../ui/Button';
import { sentence } from '../ui/errors';
import { Select } from '../ui/Fields';
import { useFormat } from '../ui/format';
import { Page } from '../ui/Page';
import { usePages } from '../ui/pages';
import { Badge, Empty, ErrorNote, Skeleton } from '../ui/Status';
import { Table } from '../ui/Table';
import { Time } from '../ui/Time';
import { RunAgentsDocument, type RunRowFragment, RunsDocument, type RunsQuery, type RunsQueryVariables, type RunStatus } from './operations.generated';
import { RunBadge } from './RunBadge';

const STATUSES: readonly RunStatus[] = ['QUEUED', 'RUNNING', 'AWAITING_APPROVAL', 'SUCCEEDED', 'FAILED', 'CANCELLED'];
const ALL = 'all';
const runsOf = ({ runs }: RunsQuery) => runs;

export default function RunsPage() {
  const t = useStrings();
  const [status, setStatus] = useState<RunStatus | null>(null);
  const [agentId, setAgentId] = useState<string | null>(null);
  const asked = new URLSearchParams(useSearch());
  const [endUser, accountId] = [asked.get('person'), asked.get('account')];
  const filter = { status: status && [status], agentId, ...(endUser && { endUser }), ...(accountId && { accountId }) };
  const { result, items, hasMore, more, reload } = usePages<RunsQuery, RunsQueryVariables, RunRowFragment>(RunsDocument, { filter }, runsOf);
  const [agents] = useQuery({ query: RunAgentsDocument });
  const isFiltered = status !== null || agentId !== null || endUser !== null || accountId !== null;
  return (
    <Page title={t.runs.title} intro={t.runs.intro} isWide>
      <div className="bar">
        <Select
          isCompact
          label={t.runs.statusTitle}
          value={status ?? ALL}
          onChange={(id) => setStatus(STATUSES.find((one) => one === id) ?? null)}
          options={[{ id: ALL, name: t.runs.anyStatus }, ...STATUSES.map((id) => ({ id, name: t.runs.status[id] }))]}
        />
        <Select
          isCompact
          label={t.runs.agent}
          value={agentId ?? ALL}
          onChange={(id) => setAgentId(id === ALL ? null : id)}
          options={[{ id: ALL, name: t.runs.anyAgent }, ...(agents.data?.agents.nodes ?? [])]}
        />
        <IconButton icon={RotateCw} label={t.runs.reload} onPress={reload} />
        {(endUser || accountId) && (
          <span>
            <Badge>{endUser ? `${t.runs.person}: ${endUser}` : `${t.settings.account}: ${items[0]?.account.name ?? accountId}`}</Badge>{' '}
            <Link href="/console/runs">{t.runs.back}</Link>
          </span>
        )}
      </div>
      {result.error && <ErrorNote error={result.error} onRetry={reload} />}
      {result.fetching && items.length === 0 && <Skeleton lines={8} />}
      {result.data && !result.fetching && items.length === 0 && (
        <Empty icon={Activity} title={isFiltered ? t.runs.noneFound : t.runs.none}>
          {!isFiltered && t.runs.noneText}
        </Empty>
      )}
      {items.length > 0 && <RunTable runs={items} />}
      {hasMore && (
        <div className="more">
          <Button onPress={more}>{t.common.more}</Button>
        </div>
      )}
    </Page>
  );
}

function RunTable({ runs }: { readonly runs: readonly RunRowFragment[] }) {
  const t = useStrings();
  const format = useFormat();
  // the runs are then those of all accounts
  const isOutside = useIsOutside();
  const columns = isOutside ? [t.settings.account] : [];
  const numeric = [4, 5, 6].map((column) => column + columns.length);
  return (
    <Table label={t.runs.title} head={[t.runs.question, t.runs.statusTitle, ...columns, t.runs.agent, t.runs.begun, t.runs.duration, t.runs.tokens, t.runs.cost]} numeric={numeric}>
      {runs.map(({ id, status, account, agent, userMessage, createdAt, usage, error }) => (
        <tr key={id}>
          <td className="run-question">
            <Link href={`/console/runs/${id}`}>{userMessage.text.slice(0, 140) || id}</Link>
            {error && <div className="problem">{sentence(error.message)}</div>}
            {error?.detail && <div className="fine">{error.detail}</div>}
          </td>
          <td>
            <RunBadge status={status} />
          </td>
          {isOutside && (
            <td>
              <Link href={`/console/accounts/${account.id}`}>{account.name}</Link>
            </td>
          )}
          <td>{agent?.name}</td>
          <td>
            <Time at={createdAt} />
          </td>
          <td className="numeric">{format.duration(usage.durationMs)}</td>
          <td className="numeric">{format.number(usage.inputTokens + usage.outputTokens)}</td>
          <td className="numeric">{format.usd(usage.costUsd)}</td>
        </tr>
      ))}
    </Table>
  );
}
