// The profile of the expert that an agent speaks for: what was found in which document, and what people changed.
import { RotateCw, UserRoundPen } from 'lucide-react';
import { useState } from 'react';
import { useQuery, useSubscription } from 'urql';

import '../styles/persona.css';
import type { AgentDetailsFragment } from '../agents/operations.generated';
import { formProblems } from '../agents/problems';
import { useIsAtLeast } from '../api/session';
import { useStrings } from '../strings';
import { useMoreStrings } from '../strings/more';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { errorOf, sentence } from '../ui/errors';
import { useFormat } from '../ui/format';
import { Loaded } from '../ui/Loaded';
import { Confirm } from '../ui/Overlays';
import { Card, Facts } from '../ui/Page';
import { Badge, Empty, ErrorNote, Note } from '../ui/Status';
import { Time } from '../ui/Time';
import { countOf, inputOf, keptIn, KINDS, NO_CHANGES } from './draft';
import { History } from './History';
import { Items } from './Items';
import { AgentPersonaDocument, type AgentPersonaQuery, PersonaChangesDocument, type ProfileFragment, RebuildPersonaDocument, UpdatePersonaDocument } from './operations.generated';

type Agent = NonNullable<AgentPersonaQuery['agent']>;

export default function PersonaTab({ agent }: { readonly agent: AgentDetailsFragment }) {
  const t = useMoreStrings();
  const { id } = agent;
  const [result, execute] = useQuery({ query: AgentPersonaDocument, variables: { id } });
  const read = () => execute({ requestPolicy: 'network-only' });
  // a build that ends, and a change by somebody else
  useSubscription({ query: PersonaChangesDocument, variables: { id } }, (known: undefined) => (read(), known));
  return (
    <Loaded result={result} onRetry={read}>
      {({ agent: found }) =>
        found?.persona ? (
          <Profile agent={found} profile={found.persona} onReload={read} />
        ) : (
          <Empty icon={UserRoundPen} title={t.persona.none}>
            {t.persona.noneText}
          </Empty>
        )
      }
    </Loaded>
  );
}

interface Props {
  readonly agent: Agent;
  readonly profile: ProfileFragment;
  readonly onReload: () => void;
}

function Profile({ agent, profile, onReload }: Props) {
  const s = useStrings();
  const t = useMoreStrings();
  const mayChange = useIsAtLeast('ADMIN');
  const [written, setDraft] = useState(NO_CHANGES);
  const draft = keptIn(written, profile);
  const count = countOf(draft);
  const save = useAction(UpdatePersonaDocument, { changes: ['Agent', 'Persona'], done: t.persona.saved, isQuiet: true });
  const problems = formProblems(save.error).input;
  const isConflict = save.error !== null && errorOf(save.error).code === 'CONFLICT';
  const submit = async () => {
    if (await save.run({ input: inputOf(agent.id, profile.version, draft) })) setDraft(NO_CHANGES);
    else onReload();
  };
  const texts = [...problems].map(([path, message]) => `${path}: ${message}`);
  return (
    <div className="stack">
      <About agent={agent} profile={profile} />
      {KINDS.map((kind) => (
        <Items key={kind} kind={kind} profile={profile} draft={draft} onDraft={setDraft} mayChange={mayChange} />
      ))}
      {save.error && <ErrorNote error={isConflict ? new Error(t.persona.conflict) : texts.length > 0 ? new Error(sentence(texts.join('; '))) : save.error} />}
      {mayChange && count > 0 && (
        <div className="form-foot">
          <span className="fine">{t.persona.changes(count)}</span>
          <Button onPress={() => (save.reset(), setDraft(NO_CHANGES))}>{s.agents.discard}</Button>
          <Button kind="primary" isPending={save.isPending} isDisabled={draft.added.some(({ text }) => !text.trim())} onPress={() => void submit()}>
            {s.common.save}
          </Button>
        </div>
      )}
      <History versions={agent.personaVersions} />
    </div>
  );
}

const BADGES = { BUILDING: 'info', READY: 'good', FAILED: 'bad' } as const;

function About({ agent, profile }: Omit<Props, 'onReload'>) {
  const s = useStrings();
  const t = useMoreStrings();
  const format = useFormat();
  const mayChange = useIsAtLeast('ADMIN');
  const [isAsking, setIsAsking] = useState(false);
  const rebuild = useAction(RebuildPersonaDocument, { changes: ['Agent', 'Persona'], done: t.persona.rebuilding });
  const { state, problem, version, builtAt, editedAt, style, documents } = profile;
  const actions = (
    <>
      <span role="status">
        <Badge kind={BADGES[state]}>{t.persona.states[state]}</Badge>
      </span>
      {mayChange && (
        <Button size="s" icon={RotateCw} isPending={rebuild.isPending} isDisabled={state === 'BUILDING'} onPress={() => setIsAsking(true)}>
          {t.persona.rebuild}
        </Button>
      )}
    </>
  );
  return (
    <Card title={`${t.persona.title} · ${t.persona.version(version)}`} actions={actions}>
      <p className="intro">{t.persona.intro}</p>
      {problem && <Note kind="warn">{sentence(problem)}</Note>}
      <h3>{t.persona.style}</h3>
      <Facts
        facts={[
          [t.persona.built, builtAt ? <Time at={builtAt} /> : s.settings.never],
          [t.persona.edited, editedAt ? <Time at={editedAt} /> : s.settings.never],
          ...(style
            ? ([
                [t.persona.words, format.number(style.words)],
                [t.persona.wordsPerSentence, format.number(style.wordsPerSentence)],
                [t.persona.questions, format.percent(style.questionShare)],
                [t.persona.exclamations, format.percent(style.exclamationShare)],
                [t.persona.firstPerson, format.percent(style.firstPersonShare)],
                [t.persona.variety, format.percent(style.differentWordShare)],
              ] as const)
            : []),
        ]}
      />
      {documents.length > 0 && (
        <details>
          <summary>{t.persona.documents(documents.length)}</summary>
          <ul className="fine">
            {documents.map(({ id, title }) => (
              <li key={id}>{title}</li>
            ))}
          </ul>
        </details>
      )}
      <Confirm
        isOpen={isAsking}
        title={t.persona.rebuildTitle}
        text={t.persona.rebuildText}
        action={t.persona.rebuild}
        onClose={() => setIsAsking(false)}
        onConfirm={() => void rebuild.run({ input: { agentId: agent.id } })}
      />
    </Card>
  );
}
