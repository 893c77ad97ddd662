// Every setting that applies to an agent, and the layer that decides it.
import { useState } from 'react';

import { useStrings } from '../strings';
import { SearchField } from '../ui/Fields';
import { Badge } from '../ui/Status';
import { Table } from '../ui/Table';
import type { AgentDetailsFragment, ConfigurationOrigin } from './operations.generated';

const KINDS: Readonly<Record<ConfigurationOrigin, 'plain' | 'info' | 'accent' | 'warn'>> = {
  DEFAULT: 'plain',
  APP_FILE: 'plain',
  TEMPLATE: 'info',
  TIER: 'info',
  ACCOUNT: 'warn',
  AGENT: 'accent',
};

export function Configuration({ agent }: { readonly agent: AgentDetailsFragment }) {
  const t = useStrings();
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  const entries = agent.effectiveConfiguration.filter(({ path, value }) => !wanted || path.toLowerCase().includes(wanted) || shown(value).toLowerCase().includes(wanted));
  return (
    <>
      <p className="intro">{t.agents.configurationIntro}</p>
      <div className="bar">
        <SearchField label={t.agents.filter} value={text} onChange={setText} clearLabel={t.common.clear} />
      </div>
      <Table label={t.agents.tabs.configuration} head={[t.agents.setting, t.agents.value, t.agents.origin]}>
        {entries.map(({ path, value, origin }) => (
          <tr key={path}>
            <td>
              <code>{path}</code>
            </td>
            <td className="value">{shown(value)}</td>
            <td>
              <Badge kind={KINDS[origin]}>{t.agents.origins[origin]}</Badge>
            </td>
          </tr>
        ))}
      </Table>
    </>
  );
}

export function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
