// One server of tools.
import { Ellipsis, KeyRound } from 'lucide-react';
import { useState } from 'react';

import { AvailabilityBadge } from '../agents/AvailabilityBadge';
import { useStrings } from '../strings';
import { useAction } from '../ui/action';
import { Button, IconButton } from '../ui/Button';
import { Confirm, Menu } from '../ui/Overlays';
import { Badge, Note } from '../ui/Status';
import { Time } from '../ui/Time';
import { GrantTools } from './GrantTools';
import { type GrantsQuery, RefreshServerDocument, RemoveServerDocument, RevokeToolsDocument, type ServerCardFragment } from './operations.generated';

export type GrantedAgent = GrantsQuery['agents']['nodes'][number];

interface Props {
  readonly server: ServerCardFragment;
  readonly agents: readonly GrantedAgent[];
  /** The agent to grant tools to, unless another one is chosen. */
  readonly agentId: string | null;
  readonly mayChange: boolean;
  readonly onChange: () => void;
}

export function ServerCard({ server, agents, agentId, mayChange, onChange }: Props) {
  const t = useStrings();
  const [asking, setAsking] = useState<'refresh' | 'remove' | 'grant' | null>(null);
  const [changed, setChanged] = useState<readonly string[]>([]);
  const refresh = useAction(RefreshServerDocument, {
    changes: ['McpServer', 'Agent'],
    done: ({ refreshMcpServer: { added, removed, changed } }) => t.tools.refreshed(added.length, removed.length, changed.length),
  });
  const remove = useAction(RemoveServerDocument, { changes: ['McpServer', 'Agent'], done: t.tools.removed });
  const { id, name, type, endpointUrl, global, status, problem, supportedTools, toolsChangedSinceApproval, pinning, discoveredAt } = server;
  const entries = [
    { id: 'refresh', label: t.tools.refresh, onAction: () => setAsking('refresh') },
    { id: 'remove', label: t.tools.remove, isDanger: true, onAction: () => setAsking('remove') },
  ];
  const approve = () =>
    void refresh.run({ input: { id } }).then((data) => {
      if (!data) return;
      const { added, removed, changed } = data.refreshMcpServer;
      setChanged([...added.map((tool) => `+ ${tool}`), ...removed.map((tool) => `− ${tool}`), ...changed.map((tool) => `± ${tool}`)]);
      onChange();
    });
  return (
    <li className="card server">
      <header>
        <div>
          <h2>{name}</h2>
          <AvailabilityBadge availability={{ state: status }} />
          <Badge>{global ? t.tools.builtIn : t.tools.own}</Badge>
          {server.hasToken && <KeyRound aria-label={t.tools.token} size={14} />}
        </div>
        {mayChange && (
          <div className="actions">
            <Button size="s" onPress={() => setAsking('grant')}>
              {t.tools.grant}
            </Button>
            {!global && <Menu label={t.tools.actionsFor(name)} trigger={<IconButton icon={Ellipsis} label={t.tools.actionsFor(name)} />} entries={entries} />}
          </div>
        )}
      </header>
      <p className="fine">
        {type} · <code>{endpointUrl}</code> · {t.tools.pinned}: {t.tools.pinnedAs[pinning]}
        {discoveredAt && (
          <>
            {' · '}
            {t.tools.checked} <Time at={discoveredAt} />
          </>
        )}
      </p>
      {problem && <p className="problem">{problem}</p>}
      {toolsChangedSinceApproval && <Note kind="warn">{t.tools.changed}</Note>}
      {changed.length > 0 && (
        <Note kind="info">
          <b>{t.tools.changedTools}</b> {changed.join(', ')}
        </Note>
      )}
      <details>
        <summary>{t.tools.toolCount(supportedTools.length)}</summary>
        <ul className="tool-list">
          {supportedTools.map((tool) => (
            <li key={tool.name}>
              <code>{tool.name}</code> {isReadOnly(tool.annotations) && <Badge kind="good">{t.tools.readOnlyTool}</Badge>}
              {!tool.available && <Badge kind="warn">{tool.unavailableReason ?? t.availability.UNAVAILABLE}</Badge>}
              <p className="muted">{tool.description}</p>
            </li>
          ))}
        </ul>
      </details>
      <Grants server={server} agents={agents} mayChange={mayChange} />
      {asking === 'grant' && <GrantTools server={server} agents={agents} agentId={agentId} onClose={() => setAsking(null)} />}
      <Confirm isOpen={asking === 'refresh'} title={t.tools.refreshTitle} text={t.tools.refreshText(name)} action={t.tools.refresh} onClose={() => setAsking(null)} onConfirm={approve} />
      <Confirm
        isOpen={asking === 'remove'}
        title={t.tools.removeTitle}
        text={t.tools.removeText(name)}
        action={t.tools.remove}
        onClose={() => setAsking(null)}
        onConfirm={() => void remove.run({ input: { id } }).then((data) => data && onChange())}
      />
    </li>
  );
}

export function isReadOnly(annotations: unknown): boolean {
  return (annotations as { readOnlyHint?: boolean } | null)?.readOnlyHint === true;
}

function Grants({ server, agents, mayChange }: Pick<Props, 'server' | 'agents' | 'mayChange'>) {
  const t = useStrings();
  const [asking, setAsking] = useState<GrantedAgent | null>(null);
  const revoke = useAction(RevokeToolsDocument, { changes: ['Agent'], done: t.tools.revoked });
  const grants = agents.flatMap((agent) => agent.toolGrants.filter((grant) => grant.server.id === server.id).map((grant) => ({ agent, grant })));
  return (
    <details>
      <summary>
        {t.tools.grants} ({new Set(grants.map(({ agent }) => agent.id)).size})
      </summary>
      {grants.length === 0 && <p className="muted">{t.tools.noGrants}</p>}
      <ul className="grants">
        {grants.map(({ agent, grant }) => (
          <li key={`${agent.id} ${grant.policy}`}>
            <b>{agent.name}</b>
            <span>
              {grant.tools.map((tool) => (
                <code key={tool}>{tool} </code>
              ))}
            </span>
            <Badge kind={grant.policy === 'AUTO' ? 'good' : grant.policy === 'APPROVE' ? 'info' : 'plain'}>{t.agents.policies[grant.policy]}</Badge>
            {grant.policy === 'APPROVE' && <span className="fine">{t.tools.approvers[grant.approver]}</span>}
            {mayChange ? (
              <Button size="s" onPress={() => setAsking(agent)} aria-label={`${t.tools.revoke}: ${agent.name}`}>
                {t.tools.revoke}
              </Button>
            ) : (
              <span />
            )}
          </li>
        ))}
      </ul>
      <Confirm
        isOpen={asking !== null}
        title={t.tools.revokeTitle}
        text={t.tools.revokeText(asking?.name ?? '')}
        action={t.tools.revoke}
        onClose={() => setAsking(null)}
        onConfirm={() => asking && void revoke.run({ input: { agentId: asking.id, serverId: server.id } })}
      />
    </details>
  );
}
