// Starts a trial; one that runs is ended first, and begins again with the new values.
import { type FormEvent, type ReactNode, useState } from 'react';

import { focusFirstProblem, formProblems } from '../agents/problems';
import { useStrings } from '../strings';
import { useMoreStrings } from '../strings/more';
import { Button } from '../ui/Button';
import { sentence } from '../ui/errors';
import { Select, TextField } from '../ui/Fields';
import { ErrorNote } from '../ui/Status';
import type { TrialFragment } from './operations.generated';
import { useStart } from './start';
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
  const options = useVersionOptions(agent);
  const isRunning = last?.state === 'RUNNING';
  const first = isRunning ? last.version : (agent.upgrade?.version ?? othersOf(agent)[0]?.version ?? '');
  const [draft, setDraft] = useState(() => draftOf(first, last));
  const [isChecked, setIsChecked] = useState(false);
  const start = useStart(isRunning);
  const { input, wrong, outside } = inputOf(agent.id, draft);
  const refused = formProblems(start.error);
  const problem = (name: string): string | undefined => {
    if (isChecked && wrong.some((field) => field === name)) return s.schemaForm.notNumber;
    const limit = isChecked && outside.find((field) => field === name);
    if (limit) return t.trial.ranges[limit];
    const text = refused.input.get(name);
    return text === undefined ? undefined : sentence(text);
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setIsChecked(true);
    if (wrong.length + outside.length > 0) return focusFirstProblem();
    if (await start.run(input)) onDone?.();
    else focusFirstProblem();
  };
  const number = (name: NumberField, label: string, description: string) => (
    <TextField label={label} description={description} value={draft[name]} onChange={(text) => setDraft({ ...draft, [name]: text })} problem={problem(name)} inputMode="decimal" />
  );
  const others = [...start.blocking.map(({ path, message }): [string, string] => [path, message]), ...refused.settings, ...[...refused.input].filter(([name]) => !(name in draft))];
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
