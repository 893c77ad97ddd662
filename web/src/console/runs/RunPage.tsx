// One run: its question and answer, what it took, and its steps in time.
import { ArrowLeft, LogIn } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';
import { useQuery, useSubscription } from 'urql';

import '../styles/messages.css';
import '../styles/markdown.css';
import '../styles/runs.css';
import { useIsOutside } from '../api/session';
import { HandoffCard, KnowledgeCard, RouteCard } from '../chat/cards';
import { Markdown } from '../chat/Markdown';
import { type Source, SourceDialog } from '../chat/SourceDialog';
import { useActIn } from '../shell/account';
import ConversationState from '../state/ConversationState';
import { useStrings } from '../strings';
import { useMoreStrings } from '../strings/more';
import { Button } from '../ui/Button';
import { useFormat } from '../ui/format';
import { useKept } from '../ui/kept';
import { Loaded } from '../ui/Loaded';
import { Card, Facts, Page } from '../ui/Page';
import { ErrorNote, Note } from '../ui/Status';
import { RunDetailDocument, type RunDetailQuery, RunStepsDocument } from './operations.generated';
import { RunBadge } from './RunBadge';
import { Timeline } from './Timeline';

const OPEN: ReadonlySet<string> = new Set(['QUEUED', 'RUNNING', 'AWAITING_APPROVAL']);

export type Run = NonNullable<RunDetailQuery['run']>;

export default function RunPage({ id }: { readonly id: string }) {
  const t = useStrings();
  const more = useMoreStrings();
  const [answer, execute] = useQuery({ query: RunDetailDocument, variables: { id } });
  const result = useKept(answer);
  const run = result.data?.run;
  const isOpen = run ? OPEN.has(run.status) : false;
  // every step but the text of the answer changes what the page shows
  useSubscription({ query: RunStepsDocument, variables: { id }, pause: !isOpen }, (known: undefined, { runEvents }) => {
    if (runEvents.__typename !== 'TokenDelta' && runEvents.__typename !== 'ReasoningDelta') execute({ requestPolicy: 'network-only' });
    return known;
  });
  const isOutside = useIsOutside();
  const actIn = useActIn();
  const enter = run && isOutside && (
    <Button icon={LogIn} onPress={() => actIn(run.account.id)}>
      {more.accounts.enter}
    </Button>
  );
  const back = (
    <Link href="/console/runs">
      <ArrowLeft aria-hidden size={14} />
      {t.runs.back}
    </Link>
  );
  return (
    <Page title={run?.userMessage.text.slice(0, 120) || t.runs.run} back={back} actions={
        run && (
          <>
            <RunBadge status={run.status} />
            {enter}
          </>
        )
      }
    >
      {result.data && !run && <ErrorNote error={new Error(t.runs.notFound)} />}
      <Loaded result={result} onRetry={() => execute({ requestPolicy: 'network-only' })}>
        {({ run }) => run && <Details run={run} />}
      </Loaded>
    </Page>
  );
}

function StateOf({ conversationId }: { readonly conversationId: string }) {
  const t = useMoreStrings();
  return (
    <Card title={t.state.title}>
      <ConversationState id={conversationId} answers={0} />
    </Card>
  );
}

function Details({ run }: { readonly run: Run }) {
  const t = useStrings();
  const isOutside = useIsOutside();
  const format = useFormat();
  const [source, setSource] = useState<Source | null>(null);
  const { conversation, message, usage, error, route } = run;
  const cited = (message?.citations ?? []).map((citation) => ({ ...citation }));
  const handoffs = conversation.handoffs.filter(({ createdAt }) => createdAt >= run.createdAt && (run.finishedAt === null || createdAt <= run.finishedAt));
  const queuedMs = run.startedAt ? new Date(run.startedAt).getTime() - new Date(run.createdAt).getTime() : null;
  return (
    <div className="stack">
      {error && (
        <Note kind="warn">
          <p>
            <b>{error.code}</b> {error.message}
          </p>
          {error.detail && <p>{error.detail}</p>}
        </Note>
      )}
      <Card>
        <Facts
          facts={[
            ...(isOutside ? [[t.settings.account, <Link href={`/console/accounts/${run.account.id}`}>{run.account.name}</Link>] as const] : []),
            [t.runs.agent, run.agent ? isOutside ? run.agent.name : <Link href={`/console/agents/${run.agent.slug}`}>{run.agent.name}</Link> : t.common.none],
            [t.runs.person, conversation.endUser ?? t.common.none],
            [t.runs.begun, format.dateTime(run.createdAt)],
            [t.runs.queued, format.duration(queuedMs)],
            [t.runs.firstToken, format.duration(usage.firstTokenMs)],
            [t.runs.duration, format.duration(usage.durationMs)],
            [t.runs.input, format.number(usage.inputTokens)],
            [t.runs.output, format.number(usage.outputTokens)],
            [t.runs.cost, format.usd(usage.costUsd)],
            [t.runs.attempts, format.number(usage.attempts)],
            [t.runs.finish, run.finishReason ?? '–'],
            [t.runs.id, <code>{run.id}</code>],
          ]}
        />
      </Card>
      <Card title={t.runs.timeline}>
        <Timeline run={run} />
      </Card>
      <Card title={t.runs.answer} actions={!isOutside && <Link href={`/console/conversations/${conversation.id}`}>{t.runs.openConversation}</Link>}>
        <div className="step-cards">
          {route && <RouteCard route={route} />}
          {message && message.sources.length > 0 && <KnowledgeCard passages={message.sources} cited={cited} onSource={setSource} />}
          {handoffs.map((handoff) => (
            <HandoffCard key={handoff.id} handoff={handoff} />
          ))}
        </div>
        {message ? (
          <Markdown
            text={message.text}
            numbers={cited.map(({ number }) => number)}
            onCite={(number) => {
              const citation = cited.find((one) => one.number === number);
              if (citation) setSource({ ...citation.passage, number });
            }}
          />
        ) : (
          <p className="muted">{t.runs.noAnswer}</p>
        )}
      </Card>
      {!isOutside && <StateOf conversationId={conversation.id} />}
      <SourceDialog source={source} onClose={() => setSource(null)} />
    </div>
  );
}
