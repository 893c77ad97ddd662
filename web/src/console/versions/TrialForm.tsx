// Starts a trial; one that runs is ended first, and begins again with the new values.
import { type FormEvent, type ReactNode, useState } from 'react';
import { useClient } from 'urql';

import { focusFirstProblem, formProblems } from '../agents/problems';
import { useStrings } from '../strings';
import { useMoreStrings } from '../strings/more';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { sentence } from '../ui/errors';
import { Select, TextField } from '../ui/Fields';
import { ErrorNote } from '../ui/Status';
import { EndCanaryDocument, StartCanaryDocument, type TrialFragment } from './operations.generated';
import { draftOf, inputOf, type NumberField } from './trial-input';
import { othersOf, useVersionOptions, type Versioned } from './VersionTab';

interface Props {
  readonly agent: Versioned;
  /** The trial that runs, or the last one. */
  readonly last: TrialFragment | null;
  readonly onDone?: () => void;
  /** More buttons. */
  readonly children?: ReactNode;
}

export function TrialForm({ agent, last, onDone, children }: Props) {
  const s = useStrings();
  const t = useMoreStrings();
  const client = useClient();
  const options = useVersionOptions(agent);
  const isRunning = last?.state === 'RUNNING';
  const first = isRunning ? last.version : (agent.upgrade?.version ?? othersOf(agent)[0]?.version ?? '');
  const [draft, setDraft] = useState(() => draftOf(first, last));
  const [isChecked, setIsChecked] = useState(false);
  const start = useAction(StartCanaryDocument, { changes: ['Agent'], done: t.trial.started, isQuiet: true });
  const { input, wrong } = inputOf(agent.id, draft);
  const refused = formProblems(start.error);
  const problem = (name: string): string | undefined => {
    if (isChecked && wrong.some((field) => field === name)) return s.schemaForm.notNumber;
    const text = refused.input.get(name);
    return text === undefined ? undefined : sentence(text);
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setIsChecked(true);
    if (wrong.length > 0) return focusFirstProblem();
    if (isRunning) await client.mutation(EndCanaryDocument, { input: { agentId: agent.id, promote: false } }).toPromise();
    if (await start.run({ input })) onDone?.();
    else focusFirstProblem();
  };
  const number = (name: NumberField, label: string, description: string) => (
    <TextField label={label} description={description} value={draft[name]} onChange={(text) => setDraft({ ...draft, [name]: text })} problem={problem(name)} inputMode="decimal" />
  );
  const others = [...refused.settings, ...[...refused.input].filter(([name]) => !(name in draft))];
  return (
    <form className="form" onSubmit={(event) => void submit(event)} aria-label={t.trial.title}>
      <div className="form-row">
        <Select label={t.trial.version} value={draft.version} onChange={(version) => setDraft({ ...draft, version })} options={options} problem={problem('version')} />
        {number('share', t.trial.share, '')}
      </div>
      <div className="form-row">
        {number('maxErrorRate', t.trial.maxErrorRate, t.trial.optional)}
        {number('minSatisfaction', t.trial.minSatisfaction, t.trial.optional)}
        {number('maxFirstTokenMs', t.trial.maxFirstToken, `${t.trial.firstTokenHint} ${t.trial.optional}`)}
      </div>
      {start.error && !refused.isAny && <ErrorNote error={start.error} />}
      {others.length > 0 && <ErrorNote error={new Error(others.map(([path, text]) => `${path}: ${text}`).join('; '))} />}
      <div className="actions">
        {children}
        <Button kind="primary" type="submit" isPending={start.isPending}>
          {isRunning ? t.trial.changeAction : t.trial.start}
        </Button>
      </div>
    </form>
  );
}
