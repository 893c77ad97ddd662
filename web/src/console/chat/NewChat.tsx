// The beginning of a chat: what the agents can do, as questions to try with one click.
import type { AgentFields } from '@troupe/client';
import { useAgents } from '@troupe/react';
import { Users } from 'lucide-react';
import { useQuery } from 'urql';
import { Link } from 'wouter';

import { useStrings } from '../strings';
import { Empty, ErrorNote, Skeleton } from '../ui/Status';
import { FirstDocumentsDocument, type FirstDocumentsQuery } from './operations.generated';

/** So many suggestions fill the page without scrolling. */
const MOST = 6;

interface Props {
  readonly onAsk: (text: string) => void;
  readonly isDisabled: boolean;
}

export function NewChat({ onAsk, isDisabled }: Props) {
  const t = useStrings();
  const { agents, isLoading, error, reload } = useAgents();
  const [documents] = useQuery({ query: FirstDocumentsDocument });
  const active = agents.filter(({ status }) => status === 'ACTIVE');
  if (error) return <ErrorNote error={error} onRetry={reload} />;
  if (isLoading || (documents.fetching && !documents.data)) return <Skeleton lines={4} />;
  if (active.length === 0) {
    return (
      <Empty icon={Users} title={t.chat.noAgents} action={<Link href="/console/agents/new">{t.agents.create}</Link>}>
        {t.chat.noAgentsText}
      </Empty>
    );
  }
  const titles = firstTitles(documents.data?.agents.nodes ?? []);
  return (
    <div className="greeting">
      <h2>{t.chat.greeting}</h2>
      <p>{t.chat.greetingText}</p>
      <ul className="suggestions">
        {[...titles.map(({ agent, title }) => ({ agent, text: t.chat.aboutDocument(title) })), ...suggestions(active)].slice(0, MOST).map(({ agent, text }) => (
          <li key={text}>
            <button type="button" disabled={isDisabled} onClick={() => onAsk(text)}>
              <span>{text}</span>
              <small>{agent}</small>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What the first two agents with documents were given first: a question that even a small model answers. */
function firstTitles(agents: FirstDocumentsQuery['agents']['nodes']): { agent: string; title: string }[] {
  const found = agents.flatMap(({ name, documents }) => documents.nodes.slice(-1).map(({ title }) => ({ agent: name, title })));
  return found.filter(({ title }, index) => found.findIndex((other) => other.title === title) === index).slice(0, 2);
}

/** An example of the first skills of each agent in turn. */
function suggestions(agents: readonly AgentFields[]): { agent: string; text: string }[] {
  const found: { agent: string; text: string }[] = [];
  for (let skill = 0; skill < 3; skill += 1) {
    for (const { name, capabilities } of agents) {
      const text = capabilities.skills[skill]?.examples[0];
      if (text && !found.some((other) => other.text === text)) found.push({ agent: name, text });
    }
  }
  return found;
}
