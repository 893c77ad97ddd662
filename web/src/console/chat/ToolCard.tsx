// A tool call in its place: what was asked for, what came back, and the decision that it waits for.
import type { ToolCallFields } from '@troupe/client';
import { Wrench } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';

import { useIsAtLeast } from '../api/session';
import { useStrings } from '../strings';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { useFormat } from '../ui/format';
import { Badge } from '../ui/Status';
import { TextField } from '../ui/Fields';
import type { ChatActions } from './actions';
import { StepCard } from './cards';
import { DecideInChatDocument, type ToolStepFragment } from './operations.generated';

export const CALL_KINDS = {
  AWAITING_APPROVAL: 'warn',
  RUNNING: 'info',
  SUCCEEDED: 'good',
  FAILED: 'bad',
  DENIED: 'bad',
  EXPIRED: 'plain',
} as const;

interface Props {
  readonly call: ToolCallFields;
  /** The arguments and the result, which only the key may see. */
  readonly step: ToolStepFragment | null;
  readonly chat: ChatActions;
  /** Whether whoever looks is the person who chats. */
  readonly mayWrite: boolean;
}

export function ToolCard({ call, step, chat, mayWrite }: Props) {
  const t = useStrings();
  const format = useFormat();
  const isWaiting = call.status === 'AWAITING_APPROVAL';
  return (
    <StepCard
      kind="tool"
      icon={Wrench}
      isOpen={isWaiting}
      title={<code>{call.tool}</code>}
      note={
        <>
          {step?.server && `${step.server.name} · `}
          {call.durationMs !== null && `${format.duration(call.durationMs)} · `}
          <Badge kind={CALL_KINDS[call.status]}>{t.tools.call[call.status]}</Badge>
        </>
      }
    >
      {step && (
        <>
          <h4>{t.tools.arguments}</h4>
          <pre className="json" tabIndex={0}>
            {JSON.stringify(step.arguments, null, 2)}
          </pre>
          {step.error && (
            <p className="failure">
              {step.error} <Link href="/console/tools">{t.nav.tools}</Link>
            </p>
          )}
          {step.result !== null && step.result !== undefined && (
            <>
              <h4>{t.tools.result}</h4>
              <pre className="json" tabIndex={0}>
                {typeof step.result === 'string' ? step.result : JSON.stringify(step.result, null, 2)}
              </pre>
            </>
          )}
        </>
      )}
      {isWaiting && (call.approval?.approver === 'END_USER' ? mayWrite && <PersonDecision call={call} chat={chat} /> : step && <StaffDecision step={step} />)}
    </StepCard>
  );
}

/** The person who chats decides, as on a customer's page. */
function PersonDecision({ call, chat }: Pick<Props, 'call' | 'chat'>) {
  const t = useStrings();
  return (
    <div className="decision">
      <p>{t.approvals.youDecide}</p>
      <dl>
        {call.approval?.arguments?.map(({ name, text }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <div className="actions">
        <Button kind="primary" size="s" onPress={() => void chat.approve(call)}>
          {t.approvals.approve}
        </Button>
        <Button kind="danger" size="s" onPress={() => void chat.deny(call)}>
          {t.approvals.deny}
        </Button>
      </div>
    </div>
  );
}

/** The staff decides: whoever has an administrator's key may do so here. */
function StaffDecision({ step }: { readonly step: ToolStepFragment }) {
  const t = useStrings();
  const isAdmin = useIsAtLeast('ADMIN');
  const [comment, setComment] = useState('');
  const { run, isPending } = useAction(DecideInChatDocument, { changes: ['ToolCall'] });
  const decide = (approve: boolean) => void run({ input: { toolCallId: step.id, approve, argumentsDigest: step.argumentsDigest, comment: comment.trim() || undefined } });
  if (!isAdmin) return <p className="fine">{t.approvals.staffDecides}</p>;
  return (
    <div className="decision">
      <TextField label={t.approvals.reason} value={comment} onChange={setComment} maxLength={500} />
      <div className="actions">
        <Button kind="primary" size="s" isPending={isPending} onPress={() => decide(true)}>
          {t.approvals.approve}
        </Button>
        <Button kind="danger" size="s" isPending={isPending} onPress={() => decide(false)}>
          {t.approvals.deny}
        </Button>
      </div>
    </div>
  );
}
