// A trial of another version: its figures beside those of the agent's version while it runs, and how it ends.
import { useState } from 'react';

import { useStrings } from '../strings';
import { useMoreStrings } from '../strings/more';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { useFormat } from '../ui/format';
import { Confirm, Dialog } from '../ui/Overlays';
import { Card } from '../ui/Page';
import { Badge, Note } from '../ui/Status';
import { Table } from '../ui/Table';
import { figureRows } from './figures';
import { EndCanaryDocument, type TrialFragment } from './operations.generated';
import { TrialForm } from './TrialForm';
import { othersOf, type Versioned } from './VersionTab';

const KINDS = { RUNNING: 'info', PROMOTED: 'good', ROLLED_BACK: 'warn' } as const;

export function Trial({ agent, trial }: { readonly agent: Versioned; readonly trial: TrialFragment | null }) {
  const t = useMoreStrings();
  const badge = trial && <Badge kind={KINDS[trial.state]}>{t.trial.states[trial.state]}</Badge>;
  return (
    <Card title={t.trial.title} actions={badge}>
      <div className="form">
        <p className="intro">{t.trial.intro}</p>
        {trial && <Outcome trial={trial} />}
        {trial && <Figures trial={trial} present={agent.template.version} />}
        {trial?.state === 'RUNNING' ? <Ends agent={agent} trial={trial} /> : othersOf(agent).length > 0 && <TrialForm agent={agent} last={trial} />}
      </div>
    </Card>
  );
}

function Outcome({ trial }: { readonly trial: TrialFragment }) {
  const t = useMoreStrings();
  const format = useFormat();
  if (trial.state === 'RUNNING') return <p>{t.trial.running(trial.version, format.percent(trial.share), format.dateTime(trial.since))}</p>;
  return (
    <Note kind={trial.state === 'PROMOTED' ? 'good' : 'warn'}>
      <p>{t.trial.ended(trial.version, format.dateTime(trial.endedAt ?? trial.since))}</p>
      {trial.reason && <p>{trial.reason}</p>}
    </Note>
  );
}

function Figures({ trial, present }: { readonly trial: TrialFragment; readonly present: string }) {
  const t = useMoreStrings();
  const format = useFormat();
  const rows = figureRows(trial.stable, trial.candidate, trial, format);
  // after a promotion, the agent's version is the one that was tried
  const stable = trial.state === 'PROMOTED' ? t.trial.before : t.trial.stable(present);
  return (
    <Table label={t.trial.title} head={[t.trial.figure, stable, t.trial.candidate(trial.version), t.trial.limit]} numeric={[1, 2]}>
      {rows.map(({ name, stable, candidate, limit }) => (
        <tr key={name} data-figure={name}>
          <th scope="row">{t.trial.rows[name]}</th>
          <td className="numeric">{stable}</td>
          <td className="numeric">{candidate}</td>
          <td>
            {limit && t.trial[limit.kind](limit.text)} {limit?.isExceeded && <Badge kind="bad">{t.trial.exceeded}</Badge>}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Ends({ agent, trial }: { readonly agent: Versioned; readonly trial: TrialFragment }) {
  const s = useStrings();
  const t = useMoreStrings();
  const [asking, setAsking] = useState<'promote' | 'stop' | 'change' | null>(null);
  const end = useAction(EndCanaryDocument, {
    changes: ['Agent'],
    done: ({ endCanary }) => (endCanary.agent.canary?.state === 'PROMOTED' ? t.trial.promoted : t.trial.stopped),
  });
  const close = () => setAsking(null);
  return (
    <div className="actions">
      <Button kind="primary" isPending={end.isPending} onPress={() => setAsking('promote')}>
        {t.trial.promote}
      </Button>
      <Button onPress={() => setAsking('change')}>{t.trial.change}</Button>
      <Button kind="danger" isPending={end.isPending} onPress={() => setAsking('stop')}>
        {t.trial.stop}
      </Button>
      <Confirm
        isOpen={asking === 'promote'}
        title={t.trial.promoteTitle}
        text={t.trial.promoteText(trial.version)}
        action={t.trial.promote}
        onClose={close}
        onConfirm={() => void end.run({ input: { agentId: agent.id, promote: true } })}
      />
      <Confirm
        isOpen={asking === 'stop'}
        title={t.trial.stopTitle}
        text={t.trial.stopText(agent.template.version)}
        action={t.trial.stop}
        onClose={close}
        onConfirm={() => void end.run({ input: { agentId: agent.id, promote: false } })}
      />
      {asking === 'change' && (
        <Dialog title={t.trial.changeTitle} isOpen onClose={close}>
          <p>{t.trial.changeText}</p>
          <TrialForm agent={agent} last={trial} onDone={close}>
            <Button onPress={close}>{s.common.cancel}</Button>
          </TrialForm>
        </Dialog>
      )}
    </div>
  );
}
