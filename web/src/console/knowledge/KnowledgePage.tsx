// The knowledge of one agent: files to add, documents and their state, and what a question would find.
import { BookOpen, MessageSquare } from 'lucide-react';
import { useCallback } from 'react';
import { Link, useLocation } from 'wouter';
import { useQuery } from 'urql';

import '../styles/knowledge.css';
import { useIsAtLeast } from '../api/session';
import { useStrings } from '../strings';
import { Select } from '../ui/Fields';
import { useKept } from '../ui/kept';
import { Loaded } from '../ui/Loaded';
import { Page } from '../ui/Page';
import { Empty, Note } from '../ui/Status';
import { Documents } from './Documents';
import { KnowledgeAgentsDocument } from './operations.generated';
import { SearchPanel } from './SearchPanel';
import { Uploads } from './Uploads';

export default function KnowledgePage({ slug }: { readonly slug: string | null }) {
  const t = useStrings();
  const [, navigate] = useLocation();
  const mayAdd = useIsAtLeast('ADMIN');
  const [answer, execute] = useQuery({ query: KnowledgeAgentsDocument });
  const result = useKept(answer);
  const agents = result.data?.agents.nodes ?? [];
  const agent = slug ? agents.find((one) => one.slug === slug) : agents[0];
  const open = useCallback((wanted: string) => navigate(`/console/knowledge/${wanted}`), [navigate]);
  const choice = agents.length > 0 && (
    <Select
      isCompact
      label={t.knowledge.agent}
      value={agent?.slug ?? null}
      onChange={open}
      options={agents.map((one) => ({ id: one.slug, name: one.name, hint: t.agents.documents(one.capabilities.knowledge.documentCount) }))}
    />
  );
  const actions = (
    <>
      {choice}
      {agent && (
        <Link href={`/console/chat?agent=${agent.id}`} className="button secondary m">
          <MessageSquare aria-hidden size={16} />
          <span>{t.agents.chat}</span>
        </Link>
      )}
    </>
  );
  return (
    <Page title={t.knowledge.title} intro={t.knowledge.intro} actions={actions}>
      <Loaded result={result} onRetry={() => execute({ requestPolicy: 'network-only' })}>
        {() =>
          agent ? (
            <div className="stack" key={agent.id}>
              {mayAdd ? <Uploads agentId={agent.id} /> : <Note kind="info">{t.knowledge.readOnly}</Note>}
              <SearchPanel agentId={agent.id} />
              <Documents agentId={agent.id} slug={agent.slug} mayDelete={mayAdd} />
            </div>
          ) : (
            <Empty icon={BookOpen} title={slug ? t.agents.notFound : t.knowledge.noAgents} />
          )
        }
      </Loaded>
    </Page>
  );
}
