// Lets an agent call tools of a server: which, and who is asked before.
import { type FormEvent, useState } from 'react';

import { useStrings } from '../strings';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { Checkbox, Select } from '../ui/Fields';
import { Dialog } from '../ui/Overlays';
import { ErrorNote } from '../ui/Status';
import { GrantToolsDocument, type ServerCardFragment, type ToolApprover, type ToolPolicy } from './operations.generated';
import { refusalOf } from './refusal';
import type { GrantedAgent } from './ServerCard';

interface Props {
  readonly server: ServerCardFragment;
  readonly agents: readonly GrantedAgent[];
  readonly agentId: string | null;
  readonly onClose: () => void;
}

const POLICIES: readonly ToolPolicy[] = ['AUTO', 'APPROVE', 'DENY'];
const APPROVERS: readonly ToolApprover[] = ['STAFF', 'END_USER'];

export function GrantTools({ server, agents, agentId: asked, onClose }: Props) {
  const t = useStrings();
  const [agentId, setAgentId] = useState(agents.find(({ id }) => id === asked)?.id ?? agents[0]?.id ?? '');
  const [policy, setPolicy] = useState<ToolPolicy>('APPROVE');
  const [approver, setApprover] = useState<ToolApprover>('STAFF');
  const [tools, setTools] = useState<ReadonlySet<string>>(new Set());
  const { run, isPending, error } = useAction(GrantToolsDocument, { changes: ['Agent'], done: t.tools.granted, isQuiet: true });
  const toggle = (name: string, isOn: boolean) => setTools(new Set([...tools].filter((other) => other !== name).concat(isOn ? [name] : [])));
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const data = await run({ input: { agentId, serverId: server.id, tools: [...tools], policy, approver } });
    if (data) onClose();
  };
  return (
    <Dialog title={t.tools.grantTitle(server.name)} isOpen onClose={onClose} isPending={isPending}>
      <form className="form" onSubmit={(event) => void submit(event)}>
        <Select label={t.tools.grantAgent} options={agents} value={agentId} onChange={setAgentId} />
        <fieldset>
          <legend>{t.tools.grantTools}</legend>
          <div className="checks">
            {server.supportedTools.map(({ name, description }) => (
              <Checkbox key={name} value={tools.has(name)} onChange={(isOn) => toggle(name, isOn)}>
                <code>{name}</code> <span className="fine">{description}</span>
              </Checkbox>
            ))}
          </div>
        </fieldset>
        <div className="form-row">
          <Select
            label={t.tools.grantPolicy}
            value={policy}
            onChange={(id) => setPolicy(POLICIES.find((one) => one === id) ?? 'APPROVE')}
            options={POLICIES.map((id) => ({ id, name: t.agents.policies[id] }))}
          />
          {policy === 'APPROVE' && (
            <Select
              label={t.tools.grantApprover}
              value={approver}
              onChange={(id) => setApprover(APPROVERS.find((one) => one === id) ?? 'STAFF')}
              options={APPROVERS.map((id) => ({ id, name: t.tools.approvers[id] }))}
            />
          )}
        </div>
        {error && <ErrorNote error={refusalOf(error, [...tools])} />}
        <div className="actions">
          <Button onPress={onClose}>{t.common.cancel}</Button>
          <Button kind="primary" type="submit" isPending={isPending} isDisabled={tools.size === 0 || agentId === ''}>
            {t.tools.grant}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
