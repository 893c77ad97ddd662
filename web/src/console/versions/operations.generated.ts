// Made by `npm run generate` of operations.graphql 96bc7989f0c786e6a7a85d0a727c9a2c2903ab1f6087f4c36b28deedf9080c89; do not edit.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** Whether a candidate is still tried. */
export type CanaryState =
  /** The candidate became the agent's version. */
  | 'PROMOTED'
  /** The agent kept its version. */
  | 'ROLLED_BACK'
  /** The candidate answers its share of the conversations. */
  | 'RUNNING';

/** The layer that a setting comes from; later layers override earlier ones. */
export type ConfigurationOrigin =
  /** The account. */
  | 'ACCOUNT'
  /** The agent. */
  | 'AGENT'
  /** The installation's `app.yaml`. */
  | 'APP_FILE'
  /** The built-in default. */
  | 'DEFAULT'
  /** The template. */
  | 'TEMPLATE'
  /** The template's pricing tier. */
  | 'TIER';

/** The canary to end. */
export type EndCanaryInput = {
  /** The agent. */
  agentId: string;
  /** Whether the tried version becomes the agent's version; otherwise the agent keeps its version. */
  promote: boolean;
};

/** The code of an error, as `errors[].extensions.code` has it. */
export type ErrorCode =
  /** The input is invalid. */
  | 'BAD_USER_INPUT'
  /** The current state does not allow the operation. */
  | 'CONFLICT'
  /** The content filter of the model's provider refused the message or the answer. */
  | 'CONTENT_FILTERED'
  /** The caller may not do this. */
  | 'FORBIDDEN'
  /** The document is not valid GraphQL syntax. */
  | 'GRAPHQL_PARSE_FAILED'
  /** The document does not match the schema. */
  | 'GRAPHQL_VALIDATION_FAILED'
  /** An internal error; the log has its cause under the `requestId`. */
  | 'INTERNAL'
  /** The item does not exist for this caller. */
  | 'NOT_FOUND'
  /** The hash of a persisted query is not known; send the whole document once. */
  | 'PERSISTED_QUERY_NOT_FOUND'
  /** The model's provider refused the request for another reason. */
  | 'PROVIDER_REFUSED'
  /** A budget, or a quota of the tier, is used up. */
  | 'QUOTA_EXCEEDED'
  /** Too many requests, messages or connections. */
  | 'RATE_LIMITED'
  /** The model's provider or the whole answer took too long. */
  | 'TIMEOUT'
  /** The operation or the body exceeds a limit of size, depth or cost. */
  | 'TOO_COMPLEX'
  /** The message is too long for the model together with the conversation. */
  | 'TOO_LONG'
  /** The credentials are missing, wrong, expired or revoked. */
  | 'UNAUTHENTICATED'
  /** A dependency is not available now. */
  | 'UNAVAILABLE';

/** A version of an agent's template to try. */
export type StartCanaryInput = {
  /** The agent. */
  agentId: string;
  /** Rolled back when more than this share of its runs fail, 0 to 1. */
  maxErrorRate?: number | null | undefined;
  /** Rolled back when more than 5% of its first tokens take longer, in milliseconds. */
  maxFirstTokenMs?: number | null | undefined;
  /** Rolled back when less than this share of its ratings are UP, 0 to 1. */
  minSatisfaction?: number | null | undefined;
  /**
   * The share of the conversations that the version answers, more than 0 and at most 1. All conversations of an end user
   * get the same version.
   */
  share: number;
  /** A published version of the agent's template. */
  version: string;
};

/** Changes to an agent; omitted fields stay as they are. */
export type UpdateAgentInput = {
  /** All settings that the agent overrides, a JSON object. */
  configuration?: unknown;
  /** The `updatedAt` that the change is based on; fails with CONFLICT if the agent has changed since. */
  expectedUpdatedAt?: string | null | undefined;
  /** The agent that answers when this agent cannot; null for none. */
  fallbackAgentId?: string | null | undefined;
  /** The id of the agent. */
  id: string;
  /** The display name, 1 to 120 characters. */
  name?: string | null | undefined;
  /** The name of one of the template's pricing tiers. */
  tier?: string | null | undefined;
};

/** The agent and the version that it gets. */
export type UpgradeAgentInput = {
  /** Whether the agent is only checked. */
  dryRun?: boolean | null | undefined;
  /** The id of the agent. */
  id: string;
  /** A published version of the agent's template, newer or older. */
  version: string;
};

export type AgentVersionsQueryVariables = Exact<{
  id: string;
}>;


export type AgentVersionsQuery = { agent: { id: string, slug: string, updatedAt: string, configuration: unknown, effectiveConfiguration: Array<{ path: string, value: unknown, origin: ConfigurationOrigin }>, template: { id: string, name: string, version: string, configSchema: unknown, versions: Array<{ id: string, version: string, deprecatedAt: string | null, configSchema: unknown }> }, upgrade: { id: string, version: string } | null } | null };

export type AgentTrialQueryVariables = Exact<{
  id: string;
}>;


export type AgentTrialQuery = { agent: { id: string, canary: { version: string, share: number, since: string, endedAt: string | null, state: CanaryState, reason: string | null, maxErrorRate: number | null, minSatisfaction: number | null, maxFirstTokenMs: number | null, stable: { runs: number, failed: number, firstTokenP50Ms: number | null, firstTokenP95Ms: number | null, durationP95Ms: number | null, toolCalls: number, toolFailures: number, satisfaction: number | null, failures: Array<{ code: ErrorCode, count: number }>, usage: { inputTokens: number, outputTokens: number, costUsd: number } }, candidate: { runs: number, failed: number, firstTokenP50Ms: number | null, firstTokenP95Ms: number | null, durationP95Ms: number | null, toolCalls: number, toolFailures: number, satisfaction: number | null, failures: Array<{ code: ErrorCode, count: number }>, usage: { inputTokens: number, outputTokens: number, costUsd: number } } } | null } | null };

export type TrialFragment = { version: string, share: number, since: string, endedAt: string | null, state: CanaryState, reason: string | null, maxErrorRate: number | null, minSatisfaction: number | null, maxFirstTokenMs: number | null, stable: { runs: number, failed: number, firstTokenP50Ms: number | null, firstTokenP95Ms: number | null, durationP95Ms: number | null, toolCalls: number, toolFailures: number, satisfaction: number | null, failures: Array<{ code: ErrorCode, count: number }>, usage: { inputTokens: number, outputTokens: number, costUsd: number } }, candidate: { runs: number, failed: number, firstTokenP50Ms: number | null, firstTokenP95Ms: number | null, durationP95Ms: number | null, toolCalls: number, toolFailures: number, satisfaction: number | null, failures: Array<{ code: ErrorCode, count: number }>, usage: { inputTokens: number, outputTokens: number, costUsd: number } } };

export type TrialFiguresFragment = { runs: number, failed: number, firstTokenP50Ms: number | null, firstTokenP95Ms: number | null, durationP95Ms: number | null, toolCalls: number, toolFailures: number, satisfaction: number | null, failures: Array<{ code: ErrorCode, count: number }>, usage: { inputTokens: number, outputTokens: number, costUsd: number } };

export type VersionProblemFragment = { path: string, message: string, blocking: boolean };

export type UpgradeAgentMutationVariables = Exact<{
  input: UpgradeAgentInput;
}>;


export type UpgradeAgentMutation = { upgradeAgent: { agent: { id: string, template: { id: string, version: string } }, problems: Array<{ path: string, message: string, blocking: boolean }> } };

export type StartCanaryMutationVariables = Exact<{
  input: StartCanaryInput;
}>;


export type StartCanaryMutation = { startCanary: { agent: { id: string, canary: { version: string, share: number, since: string, endedAt: string | null, state: CanaryState, reason: string | null, maxErrorRate: number | null, minSatisfaction: number | null, maxFirstTokenMs: number | null, stable: { runs: number, failed: number, firstTokenP50Ms: number | null, firstTokenP95Ms: number | null, durationP95Ms: number | null, toolCalls: number, toolFailures: number, satisfaction: number | null, failures: Array<{ code: ErrorCode, count: number }>, usage: { inputTokens: number, outputTokens: number, costUsd: number } }, candidate: { runs: number, failed: number, firstTokenP50Ms: number | null, firstTokenP95Ms: number | null, durationP95Ms: number | null, toolCalls: number, toolFailures: number, satisfaction: number | null, failures: Array<{ code: ErrorCode, count: number }>, usage: { inputTokens: number, outputTokens: number, costUsd: number } } } | null }, problems: Array<{ path: string, message: string, blocking: boolean }> } };

export type EndCanaryMutationVariables = Exact<{
  input: EndCanaryInput;
}>;


export type EndCanaryMutation = { endCanary: { agent: { id: string, template: { id: string, version: string }, canary: { version: string, share: number, since: string, endedAt: string | null, state: CanaryState, reason: string | null, maxErrorRate: number | null, minSatisfaction: number | null, maxFirstTokenMs: number | null, stable: { runs: number, failed: number, firstTokenP50Ms: number | null, firstTokenP95Ms: number | null, durationP95Ms: number | null, toolCalls: number, toolFailures: number, satisfaction: number | null, failures: Array<{ code: ErrorCode, count: number }>, usage: { inputTokens: number, outputTokens: number, costUsd: number } }, candidate: { runs: number, failed: number, firstTokenP50Ms: number | null, firstTokenP95Ms: number | null, durationP95Ms: number | null, toolCalls: number, toolFailures: number, satisfaction: number | null, failures: Array<{ code: ErrorCode, count: number }>, usage: { inputTokens: number, outputTokens: number, costUsd: number } } } | null } } };

export type SaveForVersionMutationVariables = Exact<{
  input: UpdateAgentInput;
}>;


export type SaveForVersionMutation = { updateAgent: { agent: { id: string, updatedAt: string, configuration: unknown, effectiveConfiguration: Array<{ path: string, value: unknown, origin: ConfigurationOrigin }> } } };

export const TrialFiguresFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TrialFigures"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"AgentAnalytics"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"runs"}},{"kind":"Field","name":{"kind":"Name","value":"failed"}},{"kind":"Field","name":{"kind":"Name","value":"failures"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"count"}}]}},{"kind":"Field","name":{"kind":"Name","value":"firstTokenP50Ms"}},{"kind":"Field","name":{"kind":"Name","value":"firstTokenP95Ms"}},{"kind":"Field","name":{"kind":"Name","value":"durationP95Ms"}},{"kind":"Field","name":{"kind":"Name","value":"toolCalls"}},{"kind":"Field","name":{"kind":"Name","value":"toolFailures"}},{"kind":"Field","name":{"kind":"Name","value":"satisfaction"}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"inputTokens"}},{"kind":"Field","name":{"kind":"Name","value":"outputTokens"}},{"kind":"Field","name":{"kind":"Name","value":"costUsd"}}]}}]}}]} as unknown as DocumentNode<TrialFiguresFragment, unknown>;
export const TrialFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Trial"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Canary"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"share"}},{"kind":"Field","name":{"kind":"Name","value":"since"}},{"kind":"Field","name":{"kind":"Name","value":"endedAt"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"maxErrorRate"}},{"kind":"Field","name":{"kind":"Name","value":"minSatisfaction"}},{"kind":"Field","name":{"kind":"Name","value":"maxFirstTokenMs"}},{"kind":"Field","name":{"kind":"Name","value":"stable"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"TrialFigures"}}]}},{"kind":"Field","name":{"kind":"Name","value":"candidate"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"TrialFigures"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TrialFigures"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"AgentAnalytics"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"runs"}},{"kind":"Field","name":{"kind":"Name","value":"failed"}},{"kind":"Field","name":{"kind":"Name","value":"failures"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"count"}}]}},{"kind":"Field","name":{"kind":"Name","value":"firstTokenP50Ms"}},{"kind":"Field","name":{"kind":"Name","value":"firstTokenP95Ms"}},{"kind":"Field","name":{"kind":"Name","value":"durationP95Ms"}},{"kind":"Field","name":{"kind":"Name","value":"toolCalls"}},{"kind":"Field","name":{"kind":"Name","value":"toolFailures"}},{"kind":"Field","name":{"kind":"Name","value":"satisfaction"}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"inputTokens"}},{"kind":"Field","name":{"kind":"Name","value":"outputTokens"}},{"kind":"Field","name":{"kind":"Name","value":"costUsd"}}]}}]}}]} as unknown as DocumentNode<TrialFragment, unknown>;
export const VersionProblemFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"VersionProblem"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"FieldProblem"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"path"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"blocking"}}]}}]} as unknown as DocumentNode<VersionProblemFragment, unknown>;
export const AgentVersionsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"AgentVersions"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"agent"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"by"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"slug"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"configuration"}},{"kind":"Field","name":{"kind":"Name","value":"effectiveConfiguration"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"path"}},{"kind":"Field","name":{"kind":"Name","value":"value"}},{"kind":"Field","name":{"kind":"Name","value":"origin"}}]}},{"kind":"Field","name":{"kind":"Name","value":"template"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"configSchema"}},{"kind":"Field","name":{"kind":"Name","value":"versions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"deprecatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"configSchema"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"upgrade"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}}]}}]}}]} as unknown as DocumentNode<AgentVersionsQuery, AgentVersionsQueryVariables>;
export const AgentTrialDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"AgentTrial"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"agent"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"by"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"canary"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Trial"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Trial"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Canary"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"share"}},{"kind":"Field","name":{"kind":"Name","value":"since"}},{"kind":"Field","name":{"kind":"Name","value":"endedAt"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"maxErrorRate"}},{"kind":"Field","name":{"kind":"Name","value":"minSatisfaction"}},{"kind":"Field","name":{"kind":"Name","value":"maxFirstTokenMs"}},{"kind":"Field","name":{"kind":"Name","value":"stable"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"TrialFigures"}}]}},{"kind":"Field","name":{"kind":"Name","value":"candidate"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"TrialFigures"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TrialFigures"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"AgentAnalytics"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"runs"}},{"kind":"Field","name":{"kind":"Name","value":"failed"}},{"kind":"Field","name":{"kind":"Name","value":"failures"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"count"}}]}},{"kind":"Field","name":{"kind":"Name","value":"firstTokenP50Ms"}},{"kind":"Field","name":{"kind":"Name","value":"firstTokenP95Ms"}},{"kind":"Field","name":{"kind":"Name","value":"durationP95Ms"}},{"kind":"Field","name":{"kind":"Name","value":"toolCalls"}},{"kind":"Field","name":{"kind":"Name","value":"toolFailures"}},{"kind":"Field","name":{"kind":"Name","value":"satisfaction"}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"inputTokens"}},{"kind":"Field","name":{"kind":"Name","value":"outputTokens"}},{"kind":"Field","name":{"kind":"Name","value":"costUsd"}}]}}]}}]} as unknown as DocumentNode<AgentTrialQuery, AgentTrialQueryVariables>;
export const UpgradeAgentDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UpgradeAgent"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpgradeAgentInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"upgradeAgent"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"agent"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"template"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"problems"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"VersionProblem"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"VersionProblem"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"FieldProblem"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"path"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"blocking"}}]}}]} as unknown as DocumentNode<UpgradeAgentMutation, UpgradeAgentMutationVariables>;
export const StartCanaryDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"StartCanary"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"StartCanaryInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"startCanary"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"agent"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"canary"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Trial"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"problems"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"VersionProblem"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Trial"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Canary"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"share"}},{"kind":"Field","name":{"kind":"Name","value":"since"}},{"kind":"Field","name":{"kind":"Name","value":"endedAt"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"maxErrorRate"}},{"kind":"Field","name":{"kind":"Name","value":"minSatisfaction"}},{"kind":"Field","name":{"kind":"Name","value":"maxFirstTokenMs"}},{"kind":"Field","name":{"kind":"Name","value":"stable"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"TrialFigures"}}]}},{"kind":"Field","name":{"kind":"Name","value":"candidate"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"TrialFigures"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TrialFigures"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"AgentAnalytics"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"runs"}},{"kind":"Field","name":{"kind":"Name","value":"failed"}},{"kind":"Field","name":{"kind":"Name","value":"failures"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"count"}}]}},{"kind":"Field","name":{"kind":"Name","value":"firstTokenP50Ms"}},{"kind":"Field","name":{"kind":"Name","value":"firstTokenP95Ms"}},{"kind":"Field","name":{"kind":"Name","value":"durationP95Ms"}},{"kind":"Field","name":{"kind":"Name","value":"toolCalls"}},{"kind":"Field","name":{"kind":"Name","value":"toolFailures"}},{"kind":"Field","name":{"kind":"Name","value":"satisfaction"}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"inputTokens"}},{"kind":"Field","name":{"kind":"Name","value":"outputTokens"}},{"kind":"Field","name":{"kind":"Name","value":"costUsd"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"VersionProblem"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"FieldProblem"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"path"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"blocking"}}]}}]} as unknown as DocumentNode<StartCanaryMutation, StartCanaryMutationVariables>;
export const EndCanaryDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"EndCanary"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"EndCanaryInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"endCanary"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"agent"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"template"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}},{"kind":"Field","name":{"kind":"Name","value":"canary"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Trial"}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Trial"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Canary"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"share"}},{"kind":"Field","name":{"kind":"Name","value":"since"}},{"kind":"Field","name":{"kind":"Name","value":"endedAt"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"maxErrorRate"}},{"kind":"Field","name":{"kind":"Name","value":"minSatisfaction"}},{"kind":"Field","name":{"kind":"Name","value":"maxFirstTokenMs"}},{"kind":"Field","name":{"kind":"Name","value":"stable"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"TrialFigures"}}]}},{"kind":"Field","name":{"kind":"Name","value":"candidate"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"TrialFigures"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TrialFigures"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"AgentAnalytics"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"runs"}},{"kind":"Field","name":{"kind":"Name","value":"failed"}},{"kind":"Field","name":{"kind":"Name","value":"failures"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"count"}}]}},{"kind":"Field","name":{"kind":"Name","value":"firstTokenP50Ms"}},{"kind":"Field","name":{"kind":"Name","value":"firstTokenP95Ms"}},{"kind":"Field","name":{"kind":"Name","value":"durationP95Ms"}},{"kind":"Field","name":{"kind":"Name","value":"toolCalls"}},{"kind":"Field","name":{"kind":"Name","value":"toolFailures"}},{"kind":"Field","name":{"kind":"Name","value":"satisfaction"}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"inputTokens"}},{"kind":"Field","name":{"kind":"Name","value":"outputTokens"}},{"kind":"Field","name":{"kind":"Name","value":"costUsd"}}]}}]}}]} as unknown as DocumentNode<EndCanaryMutation, EndCanaryMutationVariables>;
export const SaveForVersionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SaveForVersion"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdateAgentInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateAgent"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"agent"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"configuration"}},{"kind":"Field","name":{"kind":"Name","value":"effectiveConfiguration"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"path"}},{"kind":"Field","name":{"kind":"Name","value":"value"}},{"kind":"Field","name":{"kind":"Name","value":"origin"}}]}}]}}]}}]}}]} as unknown as DocumentNode<SaveForVersionMutation, SaveForVersionMutationVariables>;