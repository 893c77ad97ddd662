// The agents as cards: what each can do, and whether it can do it now.
import { Plus, Users } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { Link } from 'wouter';
import { useSubscription } from 'urql';

import '../styles/agents.css';
import { useIsAtLeast } from '../api/session';
import { useStrings } from '../strings';
import { Button } from '../ui/Button';
import { SearchField, Select } from '../ui/Fields';
import { Page } from '../ui/Page';
import { usePages } from '../ui/pages';
import { Badge, Empty, ErrorNote, Skeleton } from '../ui/Status';
import {
  type AgentCardFragment,
  AgentCardsDocument,
  type AgentCardsQuery,
  type AgentCardsQueryVariables,
  AgentChangesDocument,
  type AgentStatus,
} from './operations.generated';
import { AvailabilityBadge } from './AvailabilityBadge';

const STATUSES: readonly AgentStatus[] = ['ACTIVE', 'CONFIGURING', 'SUSPENDED'];
const agentsOf = ({ agents }: AgentCardsQuery) => agents;

export default function AgentsPage() {
  const t = useStrings();
  const mayCreate = useIsAtLeast('ADMIN');
  const [text, setText] = useState('');
  const search = useDeferredValue(text.trim()) || null;
  const [status, setStatus] = useState<AgentStatus | null>(null);
  const variables = { search, status: status && [status] };
  const { result, items, hasMore, more, reload } = usePages<AgentCardsQuery, AgentCardsQueryVariables, AgentCardFragment>(AgentCardsDocument, variables, agentsOf);
  const changes = useChanges();
  const create = (
    <Link href="/console/agents/new" className="button primary m">
      <Plus aria-hidden size={16} />
      <span>{t.agents.create}</span>
    </Link>
  );
  const isFiltered = search !== null || status !== null;
  return (
    <Page title={t.agents.title} intro={t.agents.intro} actions={mayCreate && create}>
      <div className="bar">
        <SearchField label={t.agents.search} value={text} onChange={setText} clearLabel={t.common.clear} />
        <Select
          isCompact
          label={t.agents.statusLabel}
          value={status ?? 'all'}
          onChange={(id) => setStatus(STATUSES.find((one) => one === id) ?? null)}
          options={[{ id: 'all', name: t.agents.anyStatus }, ...STATUSES.map((id) => ({ id, name: t.agents.status[id] }))]}
        />
      </div>
      {result.error && <ErrorNote error={result.error} onRetry={reload} />}
      {result.fetching && items.length === 0 && <Skeleton lines={8} />}
      {result.data && items.length === 0 && !result.fetching && (
        <Empty icon={Users} title={isFiltered ? t.agents.noneFound : t.agents.none} action={mayCreate && !isFiltered && create}>
          {!isFiltered && t.agents.noneText}
        </Empty>
      )}
      <ul className="agent-cards">
        {items.map((agent) => (
          <AgentCard key={agent.id} agent={{ ...agent, ...changes.get(agent.id) }} />
        ))}
      </ul>
      {hasMore && (
        <div className="more">
          <Button onPress={more}>{t.common.more}</Button>
        </div>
      )}
    </Page>
  );
}

type Change = Pick<AgentCardFragment, 'name' | 'status' | 'availability'>;

/** What has changed since the list was read. */
function useChanges(): ReadonlyMap<string, Change> {
  const [{ data }] = useSubscription({ query: AgentChangesDocument }, (known: Map<string, Change> | undefined, { agentChanged }) => {
    const { id, name, status, availability } = agentChanged;
    return new Map(known).set(id, { name, status, availability });
  });
  return data ?? new Map<string, Change>();
}

function AgentCard({ agent }: { readonly agent: AgentCardFragment }) {
  const t = useStrings();
  const { slug, name, description, status, template, availability, capabilities } = agent;
  const { skills, tools, knowledge } = capabilities;
  const usable = tools.filter(({ available, policy }) => available && policy !== 'DENY').length;
  return (
    <li className="card agent-card">
      <header>
        <h2>
          <Link href={`/console/agents/${slug}`}>{name}</Link>
        </h2>
        {status === 'ACTIVE' ? <AvailabilityBadge availability={availability} /> : <Badge kind="warn">{t.agents.status[status]}</Badge>}
      </header>
      <p className="clamp">{description}</p>
      <ul className="tags" aria-label={t.agents.skills}>
        {skills.slice(0, 4).map((skill) => (
          <li key={skill.id}>{skill.name}</li>
        ))}
        {skills.length > 4 && <li className="rest">{t.agents.moreSkills(skills.length - 4)}</li>}
      </ul>
      {status === 'ACTIVE' && availability.reasons.length > 0 && (
        <ul className="reasons">
          {availability.reasons.map(({ code, text }) => (
            <li key={code}>{text}</li>
          ))}
        </ul>
      )}
      <footer>
        {template.name} {template.version} · {t.agents.documents(knowledge.documentCount)} · {t.agents.tools(usable)}
      </footer>
    </li>
  );
}
