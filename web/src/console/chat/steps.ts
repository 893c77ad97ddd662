// What the key may see of the runs of a conversation and the person who chats may not: the steps, stored and live.
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useQuery, useSubscription } from 'urql';

import {
  ConversationStepsDocument,
  type ConversationStepsQuery,
  type HandoffStepFragment,
  LiveStepsDocument,
  type LiveStepsSubscription,
  type PassageStepFragment,
  type RouteStepFragment,
  type RunStepsFragment,
  type ToolStepFragment,
  type UsageStepFragment,
} from './operations.generated';

/** The steps of one run. */
export interface Steps {
  readonly route: RouteStepFragment | null;
  readonly passages: readonly PassageStepFragment[];
  readonly toolCalls: readonly ToolStepFragment[];
  readonly handoffs: readonly HandoffStepFragment[];
  readonly usage: UsageStepFragment | null;
  readonly stage: string | null;
  readonly isDemo: boolean;
  /** Why the run failed, and the provider's own words. */
  readonly failure: string | null;
  readonly detail: string | null;
}

export const NO_STEPS: Steps = { route: null, passages: [], toolCalls: [], handoffs: [], usage: null, stage: null, isDemo: false, failure: null, detail: null };

export type StepsByRun = ReadonlyMap<string, Steps>;

type LiveStep = LiveStepsSubscription['conversationEvents'];

/** `answers` is the number of finished answers: with each, the stored steps are read again. */
export function useSteps(conversationId: string | null, answers: number): StepsByRun {
  const [live, setLive] = useState<StepsByRun>(new Map());
  const [{ data }, execute] = useQuery({
    query: ConversationStepsDocument,
    variables: { id: conversationId ?? '' },
    pause: conversationId === null,
  });
  const take = useCallback((_: undefined, { conversationEvents }: LiveStepsSubscription) => {
    setLive((known) => withStep(known, conversationEvents));
    return undefined;
  }, []);
  useSubscription({ query: LiveStepsDocument, variables: { conversationId: conversationId ?? '' }, pause: conversationId === null }, take);
  useEffect(() => setLive(new Map()), [conversationId]);
  useEffect(() => {
    if (conversationId !== null && answers > 0) execute({ requestPolicy: 'network-only' });
  }, [conversationId, answers, execute]);
  return useMemo(() => merged(data?.conversation, live), [data, live]);
}

/** Applies a live event. A new attempt voids what the one before did. */
export function withStep(known: StepsByRun, event: LiveStep): StepsByRun {
  const steps = known.get(event.runId) ?? NO_STEPS;
  const change = changeOf(steps, event);
  return change ? new Map(known).set(event.runId, { ...steps, ...change }) : known;
}

function changeOf(steps: Steps, event: LiveStep): Partial<Steps> | null {
  switch (event.__typename) {
    case 'RunStarted':
      return { ...NO_STEPS, handoffs: event.attempt > 1 ? [] : steps.handoffs };
    case 'RunProgress':
      return { stage: event.stage };
    case 'AgentSelected':
      // after a handoff, the first decision is what the card explains
      return event.route.reason === 'HANDOFF' && steps.route ? {} : { route: event.route };
    case 'KnowledgeRetrieved':
      return { passages: [...steps.passages, ...event.passages.filter(({ id }) => !steps.passages.some((other) => other.id === id))] };
    case 'ToolCallUpdated':
      return { toolCalls: [...steps.toolCalls.filter(({ id }) => id !== event.toolCall.id), event.toolCall], stage: null };
    case 'HandedOff':
      return { handoffs: [...steps.handoffs.filter(({ id }) => id !== event.handoff.id), event.handoff] };
    case 'RunSucceeded':
      return { usage: event.usage, stage: null, isDemo: event.message.demoQuality };
    case 'RunFailed':
      return { usage: event.usage, stage: null, failure: event.error.message, detail: event.error.detail };
    case 'RunCancelled':
      return { usage: event.usage, stage: null };
    default:
      return null;
  }
}

const FINAL: ReadonlySet<string> = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);

/** What is stored of a finished run is complete; of any other run, the events say more. */
function merged(conversation: ConversationStepsQuery['conversation'] | undefined, live: StepsByRun): StepsByRun {
  const steps = new Map(live);
  for (const run of conversation?.runs.nodes ?? []) {
    if (FINAL.has(run.status) || !live.has(run.id)) steps.set(run.id, stepsOf(run, conversation?.handoffs ?? []));
  }
  return steps;
}

function stepsOf(run: RunStepsFragment, handoffs: readonly HandoffStepFragment[]): Steps {
  const isInRun = ({ createdAt }: HandoffStepFragment) => createdAt >= run.createdAt && (run.finishedAt === null || createdAt <= run.finishedAt);
  return {
    route: run.route,
    passages: run.message?.sources ?? [],
    toolCalls: run.toolCalls,
    handoffs: handoffs.filter(isInRun),
    usage: run.usage,
    stage: null,
    isDemo: run.message?.demoQuality ?? false,
    failure: run.error?.message ?? null,
    detail: run.error?.detail ?? null,
  };
}
