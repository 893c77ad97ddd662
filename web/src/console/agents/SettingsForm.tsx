// The settings of an agent as a form: what it overrides, what holds otherwise, and what the server says about it.
import { type FormEvent, useEffect, useMemo, useState } from 'react';
import { useQuery } from 'urql';

import { useIsAtLeast } from '../api/session';
import { useStrings } from '../strings';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { errorOf } from '../ui/errors';
import { Select, TextField } from '../ui/Fields';
import { ErrorNote, Note } from '../ui/Status';
import { shown } from './Configuration';
import { AgentNamesDocument, type AgentDetailsFragment, UpdateAgentDocument } from './operations.generated';
import { useInvalid } from './invalid';
import { focusFirstProblem, formProblems } from './problems';
import { asSettings, isSame, type Schema } from './schema';
import { SchemaFields, SchemaFormContext } from './SchemaFields';

interface Props {
  readonly agent: AgentDetailsFragment;
  readonly onReload: () => void;
}

function draftOf({ name, tier, fallback, configuration, updatedAt }: AgentDetailsFragment) {
  return { name, tier, fallbackAgentId: fallback?.id ?? '', configuration: asSettings(configuration), updatedAt };
}

const NO_FALLBACK = '';

export function SettingsForm({ agent, onReload }: Props) {
  const t = useStrings();
  const mayChange = useIsAtLeast('ADMIN');
  const [draft, setDraft] = useState(() => draftOf(agent));
  const [isReplaced, setIsReplaced] = useState(false);
  const [names] = useQuery({ query: AgentNamesDocument });
  const { run, isPending, error, reset } = useAction(UpdateAgentDocument, { changes: ['Agent'], done: t.agents.saved, isQuiet: true });
  const { isAny: isInvalid, report, round, restart } = useInvalid();
  const stored = draftOf(agent);
  const isChanged = isInvalid || !isSame({ ...draft, updatedAt: '' }, { ...stored, updatedAt: '' });
  const problems = formProblems(error);
  const isConflict = error !== null && errorOf(error).code === 'CONFLICT';
  const inherited = useMemo(() => new Map(agent.effectiveConfiguration.filter(({ origin }) => origin !== 'AGENT').map(({ path, value }) => [path, shown(value)])), [agent]);
  const context = { problems: problems.settings, inherited, isDisabled: !mayChange, report };
  const others = (names.data?.agents.nodes ?? []).filter(({ id }) => id !== agent.id);

  // the new version may come after the click
  useEffect(() => {
    if (!isReplaced || agent.updatedAt === draft.updatedAt) return;
    setDraft(draftOf(agent));
    restart();
    setIsReplaced(false);
  }, [isReplaced, agent, draft.updatedAt, restart]);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isInvalid) return focusFirstProblem();
    const { name, tier, fallbackAgentId, configuration, updatedAt } = draft;
    const input = { id: agent.id, name, tier, fallbackAgentId: fallbackAgentId || null, configuration, expectedUpdatedAt: updatedAt };
    const data = await run({ input });
    if (data) setDraft(draftOf(data.updateAgent.agent));
    else focusFirstProblem();
  };
  const discard = () => {
    reset();
    setDraft(stored);
    restart();
  };
  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      {!mayChange && <Note kind="info">{t.agents.readOnly}</Note>}
      <p className="intro">{t.agents.settingsIntro}</p>
      <div className="form-row">
        <TextField label={t.agents.name} value={draft.name} onChange={(name) => setDraft({ ...draft, name })} problem={problems.input.get('name')} maxLength={120} isDisabled={!mayChange} isRequired />
        <Select
          label={t.agents.tier}
          value={draft.tier}
          onChange={(tier) => setDraft({ ...draft, tier })}
          options={agent.template.pricingTiers.map(({ name }) => ({ id: name, name }))}
          problem={problems.input.get('tier')}
          isDisabled={!mayChange}
        />
        <Select
          label={t.agents.fallback}
          value={draft.fallbackAgentId}
          onChange={(fallbackAgentId) => setDraft({ ...draft, fallbackAgentId })}
          options={[{ id: NO_FALLBACK, name: t.agents.noFallback }, ...others]}
          problem={problems.input.get('fallbackAgentId')}
          isDisabled={!mayChange}
        />
      </div>
      <SchemaFormContext.Provider value={context}>
        <SchemaFields key={round} schema={agent.template.configSchema as Schema} path="" value={draft.configuration} onChange={(configuration) => setDraft({ ...draft, configuration })} />
      </SchemaFormContext.Provider>
      {error && (
        <>
          <ErrorNote error={isConflict ? new Error(t.agents.conflict) : problems.isAny ? new Error(t.schemaForm.problems) : error} />
          {problems.settings.size > 0 && <Leftover problems={problems.settings} />}
        </>
      )}
      {mayChange && (
        <div className="form-foot">
          {isChanged && <span className="fine">{t.agents.unsaved}</span>}
          {isConflict ? (
            <Button
              onPress={() => {
                reset();
                onReload();
                setIsReplaced(true);
              }}
            >
              {t.agents.loadTheirs}
            </Button>
          ) : (
            <Button onPress={discard} isDisabled={!isChanged}>
              {t.agents.discard}
            </Button>
          )}
          <Button kind="primary" type="submit" isPending={isPending} isDisabled={!isChanged}>
            {t.common.save}
          </Button>
        </div>
      )}
    </form>
  );
}

/** Every problem as text too: one may belong to a setting that has no field. */
function Leftover({ problems }: { readonly problems: ReadonlyMap<string, string> }) {
  return (
    <ul className="reasons">
      {[...problems].map(([path, message]) => (
        <li key={path}>
          <code>{path}</code>: {message}
        </li>
      ))}
    </ul>
  );
}
