// What would not work as before: settings in their fields, where they can be put right, and everything else by what it is about.
import { type FormEvent, useMemo, useState } from 'react';
import { Link } from 'wouter';

import { shown } from '../agents/Configuration';
import { useInvalid } from '../agents/invalid';
import { focusFirstProblem, formProblems } from '../agents/problems';
import { asSettings, isSame, labelOf, type Schema } from '../agents/schema';
import { SchemaFields, SchemaFormContext } from '../agents/SchemaFields';
import { useStrings } from '../strings';
import { useMoreStrings } from '../strings/more';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { errorOf, sentence } from '../ui/errors';
import { Badge, ErrorNote } from '../ui/Status';
import { SaveForVersionDocument } from './operations.generated';
import { affected, byPlace, hasField, type Place, placeOf, schemaOf, type VersionProblem } from './places';
import type { Versioned } from './VersionTab';

interface Props {
  readonly agent: Versioned;
  readonly wanted: string;
  readonly problems: readonly VersionProblem[];
  readonly onSaved: () => void;
}

export function Problems({ agent, wanted, problems, onSaved }: Props) {
  const places = byPlace(problems);
  return [...places].map(([place, here]) =>
    place === 'settings' ? <SettingsProblems key={place} agent={agent} wanted={wanted} problems={here} onSaved={onSaved} /> : <PlaceProblems key={place} place={place} slug={agent.slug} problems={here} />,
  );
}

interface PlaceProps {
  readonly slug: string;
  readonly problems: readonly VersionProblem[];
}

function PlaceProblems({ place, slug, problems }: PlaceProps & { readonly place: Place }) {
  const t = useMoreStrings();
  return (
    <section className="version-problems">
      <h3>{t.versions.places[place]}</h3>
      <ProblemList slug={slug} problems={problems} />
    </section>
  );
}

function ProblemList({ slug, problems }: PlaceProps) {
  return (
    <ul>
      {problems.map(({ path, message, blocking }) => (
        <li key={path}>
          <code>{placeOf(path).rest || path}</code>
          <Mark isBlocking={blocking} />
          <p>
            {sentence(message)} <Way slug={slug} path={path} />
          </p>
        </li>
      ))}
    </ul>
  );
}

function Mark({ isBlocking }: { readonly isBlocking: boolean }) {
  const t = useMoreStrings();
  return <Badge kind={isBlocking ? 'bad' : 'info'}>{isBlocking ? t.versions.blocking : t.versions.different}</Badge>;
}

/** A link to where the problem is put right. */
function Way({ slug, path }: { readonly slug: string; readonly path: string }) {
  const t = useMoreStrings();
  const { place, rest } = placeOf(path);
  if (place === 'tier') return <Link href={`/console/agents/${slug}/settings`}>{t.versions.go.tier}</Link>;
  if (place === 'tools') return <Link href="/console/tools">{t.versions.go.tools}</Link>;
  if (place === 'dependents') return <Link href={`/console/agents/${rest.split('.')[0]}`}>{t.versions.go.dependents}</Link>;
  return null;
}

function SettingsProblems({ agent, wanted, problems, onSaved }: Props) {
  const s = useStrings();
  const t = useMoreStrings();
  const stored = asSettings(agent.configuration);
  const [draft, setDraft] = useState(stored);
  const save = useAction(SaveForVersionDocument, { changes: ['Agent'], done: s.agents.saved, isQuiet: true });
  const { isAny: isInvalid, report } = useInvalid();
  const target = agent.template.versions.find(({ version }) => version === wanted);
  const schema = useMemo(() => schemaOf(affected(problems), (target?.configSchema ?? {}) as Schema, agent.template.configSchema as Schema), [problems, target, agent]);
  const refused = formProblems(save.error);
  const byField = new Map([...problems.map(({ path, message }): [string, string] => [placeOf(path).rest, message]), ...refused.settings]);
  const homeless = problems.filter(({ path }) => !hasField(schema, draft, placeOf(path).rest));
  const inherited = new Map(agent.effectiveConfiguration.filter(({ origin }) => origin !== 'AGENT').map(({ path, value }) => [path, shown(value)]));
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isInvalid) return focusFirstProblem();
    const data = await save.run({ input: { id: agent.id, configuration: draft, expectedUpdatedAt: agent.updatedAt } });
    if (data) onSaved();
  };
  const isConflict = save.error !== null && errorOf(save.error).code === 'CONFLICT';
  return (
    <section className="version-problems">
      <h3>{t.versions.places.settings}</h3>
      <p className="description">{t.versions.settingsHint}</p>
      <form className="form" onSubmit={(event) => void submit(event)} aria-label={t.versions.places.settings}>
        <SchemaFormContext.Provider value={{ problems: byField, inherited, isDisabled: false, report }}>
          <SchemaFields schema={schema} path="" value={draft} onChange={setDraft} />
        </SchemaFormContext.Provider>
        {homeless.length > 0 && <ProblemList slug={agent.slug} problems={homeless} />}
        {save.error && <ErrorNote error={isConflict ? new Error(s.agents.conflict) : refused.isAny ? new Error([...refused.settings].map(([path, text]) => `${labelOf(path)}: ${text}`).join('; ') || s.schemaForm.problems) : save.error} />}
        <div className="actions">
          <Button type="submit" isPending={save.isPending} isDisabled={!isInvalid && isSame(draft, stored)}>
            {t.versions.saveCheck}
          </Button>
        </div>
      </form>
    </section>
  );
}
