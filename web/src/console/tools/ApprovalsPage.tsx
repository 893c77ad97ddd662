// The inbox of tool calls that wait for the staff: live, one by one or several at once, with the keyboard.
import { CircleCheck } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';

import '../styles/knowledge.css';
import { useStrings } from '../strings';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { Checkbox, TextField } from '../ui/Fields';
import { useFormat } from '../ui/format';
import { Page } from '../ui/Page';
import { Empty, ErrorNote, Skeleton } from '../ui/Status';
import { Time } from '../ui/Time';
import { useToasts } from '../ui/Toasts';
import { useInbox } from './approvals';
import { type ApprovalFragment, DecideDocument } from './operations.generated';

export default function ApprovalsPage() {
  const t = useStrings();
  const toasts = useToasts();
  const { result, calls, reload } = useInbox();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [reason, setReason] = useState('');
  const list = useRef<HTMLUListElement>(null);
  const { run, isPending } = useAction(DecideDocument, { changes: ['ToolCall'] });
  const chosen = calls.filter(({ id }) => selected.has(id));

  const decide = async (some: readonly ApprovalFragment[], approve: boolean) => {
    for (const { id, argumentsDigest } of some) {
      const data = await run({ input: { toolCallId: id, approve, argumentsDigest, comment: reason.trim() || undefined } });
      // the reason of the refusal is on the screen; what was not decided stays in the list
      if (!data) return reload();
    }
    toasts.done(approve ? t.approvals.approved : t.approvals.denied);
    const decided = new Set(some.map(({ id }) => id));
    setSelected((known) => new Set([...known].filter((id) => !decided.has(id))));
    setReason('');
  };
  const toggle = (id: string) => setSelected(new Set(selected.has(id) ? [...selected].filter((other) => other !== id) : [...selected, id]));
  // a row that was decided by the keyboard goes away: the one that takes its place has the keyboard then
  const place = useRef<number | null>(null);
  useEffect(() => {
    const rows = list.current?.children ?? [];
    if (place.current === null || document.activeElement !== document.body) return;
    (rows[Math.min(place.current, rows.length - 1)] as HTMLElement | undefined ?? document.getElementById('main'))?.focus();
    place.current = null;
  }, [calls]);
  const decideHere = (event: KeyboardEvent, index: number, approve: boolean) => {
    const call = calls[index];
    if (!call || isPending || event.repeat) return;
    place.current = index;
    void decide([call], approve);
  };
  const press = (event: KeyboardEvent) => {
    const rows = [...(list.current?.children ?? [])] as HTMLElement[];
    const index = rows.findIndex((row) => row === document.activeElement);
    const call = calls[index];
    if (event.ctrlKey || event.metaKey || event.altKey || !rows.includes(event.target as HTMLElement)) return;
    if (event.key === 'j' || event.key === 'ArrowDown') rows[Math.min(index + 1, rows.length - 1)]?.focus();
    else if (event.key === 'k' || event.key === 'ArrowUp') rows[Math.max(index - 1, 0)]?.focus();
    else if (event.key === 'x' && call) toggle(call.id);
    else if (event.key === 'a') decideHere(event, index, true);
    else if (event.key === 'd') decideHere(event, index, false);
    else return;
    event.preventDefault();
  };
  return (
    <Page title={t.approvals.title} intro={t.approvals.intro}>
      {result.error && <ErrorNote error={result.error} onRetry={reload} />}
      {result.fetching && calls.length === 0 && !result.data && <Skeleton lines={4} />}
      {result.data && calls.length === 0 && (
        <Empty icon={CircleCheck} title={t.approvals.none}>
          {t.approvals.noneText}
        </Empty>
      )}
      {calls.length > 0 && (
        <>
          <div className="bar">
            <Checkbox value={chosen.length === calls.length} onChange={(isOn) => setSelected(new Set(isOn ? calls.map(({ id }) => id) : []))}>
              {t.approvals.selectAll}
            </Checkbox>
            {chosen.length > 0 && (
              <>
                <Button kind="primary" size="s" isPending={isPending} onPress={() => void decide(chosen, true)}>
                  {t.approvals.approveAll(chosen.length)}
                </Button>
                <Button kind="danger" size="s" isPending={isPending} onPress={() => void decide(chosen, false)}>
                  {t.approvals.denyAll(chosen.length)}
                </Button>
              </>
            )}
            <TextField label={t.approvals.reason} value={reason} onChange={setReason} maxLength={500} />
          </div>
          <p className="fine">{t.approvals.keys}</p>
        </>
      )}
      <ul className="inbox" ref={list} onKeyDown={press}>
        {calls.map((call) => (
          <Row key={call.id} call={call} isSelected={selected.has(call.id)} isPending={isPending} onToggle={() => toggle(call.id)} onDecide={(approve) => void decide([call], approve)} />
        ))}
      </ul>
    </Page>
  );
}

interface RowProps {
  readonly call: ApprovalFragment;
  readonly isSelected: boolean;
  readonly isPending: boolean;
  readonly onToggle: () => void;
  readonly onDecide: (approve: boolean) => void;
}

function Row({ call, isSelected, isPending, onToggle, onDecide }: RowProps) {
  const t = useStrings();
  const format = useFormat();
  const { tool, server, requestedAt, expiresAt, run } = call;
  const { conversation, agent } = run;
  return (
    <li tabIndex={0} aria-label={`${agent?.name ?? ''}: ${tool}`}>
      <Checkbox value={isSelected} onChange={onToggle}>
        <span className="visually-hidden">{t.approvals.select(tool)}</span>
      </Checkbox>
      <div>
        <header>
          <b>
            <code>{tool}</code>
          </b>
          <span className="muted">
            {agent?.name}
            {server && ` · ${server.name}`}
          </span>
          <span className="fine">
            {t.approvals.asked} <Time at={requestedAt} />
            {expiresAt && ` · ${t.approvals.expires} ${format.ago(expiresAt)}`}
          </span>
        </header>
        <pre className="json" tabIndex={0}>
          {JSON.stringify(call.arguments, null, 2)}
        </pre>
        <div className="actions">
          <Button kind="primary" size="s" isPending={isPending} onPress={() => onDecide(true)}>
            {t.approvals.approve}
          </Button>
          <Button kind="danger" size="s" isPending={isPending} onPress={() => onDecide(false)}>
            {t.approvals.deny}
          </Button>
          <Link href={`/console/runs/${run.id}`}>
            {conversation.title ?? t.approvals.conversation}
            {conversation.endUser && ` · ${conversation.endUser}`}
          </Link>
        </div>
      </div>
    </li>
  );
}
