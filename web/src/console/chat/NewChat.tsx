// The beginning of a chat: what the agents can do, as questions to try with one click.
import type { AgentFields } from '@troupe/client';
import { useAgents } from '@troupe/react';
import { Link } from 'wouter';
import { Users } from 'lucide-react';

import { useStrings } from '../strings';
import { Empty, ErrorNote, Skeleton } from '../ui/Status';

interface Props {
  readonly onAsk: (text: string) => void;
  readonly isDisabled: boolean;
}

export function NewChat({ onAsk, isDisabled }: Props) {
  const t = useStrings();
  const { agents, isLoading, error, reload } = useAgents();
  const active = agents.filter(({ status }) => status === 'ACTIVE');
  if (error) return <ErrorNote error={error} onRetry={reload} />;
  if (isLoading) return <Skeleton lines={4} />;
  if (active.length === 0) {
    return (
      <Empty icon={Users} title={t.chat.noAgents} action={<Link href="/console/agents/new">{t.agents.create}</Link>}>
        {t.chat.noAgentsText}
      </Empty>
    );
  }
  return (
    <div className="greeting">
      <h2>{t.chat.greeting}</h2>
      <p>{t.chat.greetingText}</p>
      <ul className="suggestions">
        {suggestions(active).map(({ agent, text }) => (
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

/** One question for each of up to six skills, of each agent in turn. */
function suggestions(agents: readonly AgentFields[]): { agent: string; text: string }[] {
  const found: { agent: string; text: string }[] = [];
  for (let skill = 0; skill < 3; skill += 1) {
    for (const { name, capabilities } of agents) {
      const text = capabilities.skills[skill]?.examples[0];
      if (text && !found.some((other) => other.text === text)) found.push({ agent: name, text });
    }
  }
  return found.slice(0, 6);
}
