// Where the vectors of an agent are, and their move to another store, which is followed while it goes on.
import { type FormEvent, useState } from 'react';
import { useQuery } from 'urql';

import '../styles/knowledge.css';
import type { AgentDetailsFragment } from '../agents/operations.generated';
import { formProblems } from '../agents/problems';
import { useIsAtLeast } from '../api/session';
import { useStrings } from '../strings';
import { useMoreStrings } from '../strings/more';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { sentence } from '../ui/errors';
import { Select, TextField } from '../ui/Fields';
import { useFormat } from '../ui/format';
import { useKept } from '../ui/kept';
import { Loaded } from '../ui/Loaded';
import { Card, Facts } from '../ui/Page';
import { usePolling } from '../ui/polling';
import { Badge, ErrorNote, Note } from '../ui/Status';
import { AgentVectorsDocument, ChangeVectorStoreDocument, type VectorsFragment, type VectorStoreKind } from './operations.generated';

/** A move has no subscription. */
const AGAIN_MS = 1_000;
const KINDS: readonly VectorStoreKind[] = ['EMBEDDED', 'PGVECTOR', 'PINECONE_NAMESPACE', 'PINECONE_DEDICATED'];
const MOVING: ReadonlySet<string> = new Set(['COPYING', 'VERIFYING']);

export default function VectorTab({ agent }: { readonly agent: AgentDetailsFragment }) {
  const mayMove = useIsAtLeast('ADMIN');
  const [answer, execute] = useQuery({ query: AgentVectorsDocument, variables: { id: agent.id } });
  const result = useKept(answer);
  const read = () => execute({ requestPolicy: 'network-only' });
  const migration = result.data?.agent?.vectorStore.migration;
  const isMoving = migration ? MOVING.has(migration.state) : false;
  usePolling(read, isMoving ? AGAIN_MS : null);
  return (
    <Loaded result={result} onRetry={read}>
      {({ agent: found }) =>
        found && (
          <div className="stack">
            <Store store={found.vectorStore} />
            {mayMove && !isMoving && <Move key={found.vectorStore.kind} agentId={agent.id} store={found.vectorStore} onBegun={read} />}
          </div>
        )
      }
    </Loaded>
  );
}

function Store({ store }: { readonly store: VectorsFragment }) {
  const s = useStrings();
  const t = useMoreStrings();
  const format = useFormat();
  return (
    <Card title={t.vectors.title}>
      <p className="intro">{t.vectors.intro}</p>
      <Facts
        facts={[
          [t.vectors.kind, s.agents.stores[store.kind]],
          [s.agents.passages, format.number(store.passageCount)],
          [t.vectors.model, <code>{store.embeddingModel}</code>],
          [t.vectors.dimensions, format.number(store.dimensions)],
          [t.vectors.index, store.indexName ? <code>{store.indexName}</code> : t.vectors.notYet],
          [t.vectors.namespace, store.namespace ? <code>{store.namespace}</code> : t.vectors.notYet],
        ]}
      />
      {store.migration && <Progress migration={store.migration} passages={store.passageCount} />}
    </Card>
  );
}

const BADGES = { COPYING: 'info', VERIFYING: 'info', DONE: 'good', FAILED: 'bad' } as const;

interface ProgressProps {
  readonly migration: NonNullable<VectorsFragment['migration']>;
  readonly passages: number;
}

function Progress({ migration, passages }: ProgressProps) {
  const s = useStrings();
  const t = useMoreStrings();
  const format = useFormat();
  const { from, to, state, copied, error } = migration;
  // the whole is counted with the first vectors that are copied
  const total = migration.total || passages;
  const name = t.vectors.from(s.agents.stores[from], s.agents.stores[to]);
  return (
    <section className="move" aria-label={name}>
      <header>
        <b>{name}</b>
        <span role="status">
          <Badge kind={BADGES[state]}>{t.vectors.states[state]}</Badge>
        </span>
      </header>
      <div className="progress">
        <span className="fine">{t.vectors.copied(format.number(copied), format.number(total))}</span>
        <progress max={Math.max(1, total)} value={state === 'DONE' ? Math.max(1, total) : copied} aria-label={name} />
      </div>
      {MOVING.has(state) && <p className="fine">{t.vectors.answers}</p>}
      {state === 'FAILED' && (
        <Note kind="warn">
          {error && <p>{sentence(error)}</p>}
          <p>{t.vectors.failed}</p>
        </Note>
      )}
    </section>
  );
}

interface MoveProps {
  readonly agentId: string;
  readonly store: VectorsFragment;
  readonly onBegun: () => void;
}

function Move({ agentId, store, onBegun }: MoveProps) {
  const s = useStrings();
  const t = useMoreStrings();
  const hasFailed = store.migration?.state === 'FAILED';
  const others = KINDS.filter((kind) => kind !== store.kind);
  const [kind, setKind] = useState<VectorStoreKind | null>(hasFailed ? (store.migration?.to ?? null) : null);
  const [key, setKey] = useState('');
  const move = useAction(ChangeVectorStoreDocument, { changes: ['Agent'], done: t.vectors.begun, isQuiet: true });
  const { input: problems, isAny } = formProblems(move.error);
  const problem = (name: string) => {
    const text = problems.get(name);
    return text === undefined ? undefined : sentence(text);
  };
  const isPinecone = kind?.startsWith('PINECONE') ?? false;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!kind) return;
    if (await move.run({ input: { agentId, kind, pineconeApiKey: (isPinecone && key.trim()) || null } })) onBegun();
  };
  return (
    <Card title={t.vectors.moveTitle}>
      <form className="form" onSubmit={(event) => void submit(event)}>
        <div className="form-row">
          <Select
            label={t.vectors.target}
            value={kind}
            onChange={(id) => (move.reset(), setKind(KINDS.find((one) => one === id) ?? null))}
            options={others.map((id) => ({ id, name: s.agents.stores[id], hint: t.vectors.kindHints[id] }))}
            problem={problem('kind')}
          />
          {isPinecone && (
            <TextField label={t.vectors.key} description={t.vectors.keyHint} type="password" autoComplete="off" value={key} onChange={setKey} problem={problem('pineconeApiKey')} />
          )}
        </div>
        {move.error && !isAny && <ErrorNote error={move.error} />}
        <div className="actions">
          <Button kind="primary" type="submit" isPending={move.isPending} isDisabled={kind === null}>
            {hasFailed ? t.vectors.again : t.vectors.move}
          </Button>
        </div>
      </form>
    </Card>
  );
}
