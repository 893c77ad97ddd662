// Who answers a new conversation: an agent, or whom the router chooses by the message.
import { useAgents } from '@troupe/react';

import { useStrings } from '../strings';
import { Select } from '../ui/Fields';

const ROUTER = 'router';

export function AgentChoice({ value, onChange }: { readonly value: string | null; readonly onChange: (agentId: string | null) => void }) {
  const t = useStrings();
  const { agents } = useAgents();
  const options = [
    { id: ROUTER, name: t.chat.router, hint: t.chat.routerHint },
    ...agents
      .filter(({ status }) => status === 'ACTIVE')
      .map(({ id, name, availability }) => ({
        id,
        name,
        hint: availability.state === 'AVAILABLE' ? undefined : t.availability[availability.state],
      })),
  ];
  return (
    <Select
      isCompact
      label={t.chat.agent}
      options={options}
      value={value ?? ROUTER}
      onChange={(id) => onChange(id === ROUTER ? null : id)}
    />
  );
}
