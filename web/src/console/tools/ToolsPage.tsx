// The servers of tools: whether they answer, what they offer, what changed, and which agents may call them.
import { Plus, Wrench } from 'lucide-react';
import { useState } from 'react';
import { useQuery } from 'urql';
import { useSearch } from 'wouter';

import '../styles/knowledge.css';
import '../styles/agents.css';
import { useIsAtLeast } from '../api/session';
import { useStrings } from '../strings';
import { Button } from '../ui/Button';
import { Page } from '../ui/Page';
import { usePages } from '../ui/pages';
import { Empty, ErrorNote, Skeleton } from '../ui/Status';
import { GrantsDocument, McpServersDocument, type McpServersQuery, type McpServersQueryVariables, type ServerCardFragment } from './operations.generated';
import { RegisterServer } from './RegisterServer';
import { ServerCard } from './ServerCard';

const serversOf = ({ mcpServers }: McpServersQuery) => mcpServers;

export default function ToolsPage() {
  const t = useStrings();
  const mayChange = useIsAtLeast('ADMIN');
  const [isAdding, setIsAdding] = useState(false);
  const { result, items, hasMore, more, reload } = usePages<McpServersQuery, McpServersQueryVariables, ServerCardFragment>(McpServersDocument, {}, serversOf);
  const [grants] = useQuery({ query: GrantsDocument });
  // the agent that somebody comes from, to grant it tools
  const agentId = new URLSearchParams(useSearch()).get('agent');
  const add = (
    <Button kind="primary" icon={Plus} onPress={() => setIsAdding(true)}>
      {t.tools.register}
    </Button>
  );
  return (
    <Page title={t.tools.title} intro={t.tools.intro} actions={mayChange && add}>
      {result.error && <ErrorNote error={result.error} onRetry={reload} />}
      {result.fetching && items.length === 0 && <Skeleton lines={6} />}
      {result.data && !result.fetching && items.length === 0 && (
        <Empty icon={Wrench} title={t.tools.none} action={mayChange && add}>
          {t.tools.noneText}
        </Empty>
      )}
      <ul>
        {items.map((server) => (
          <ServerCard key={server.id} server={server} agents={grants.data?.agents.nodes ?? []} agentId={agentId} mayChange={mayChange} onChange={reload} />
        ))}
      </ul>
      {hasMore && (
        <div className="more">
          <Button onPress={more}>{t.common.more}</Button>
        </div>
      )}
      {isAdding && <RegisterServer onClose={() => setIsAdding(false)} onDone={reload} />}
    </Page>
  );
}
