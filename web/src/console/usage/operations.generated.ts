// Made by `npm run generate` of operations.graphql fafabe0cfb3e1d4a9214f867b8fe3fe1fef137d7dbadd4dfea7a9f328d0cf412; do not edit.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** The effect of a spent budget. */
export type BudgetEnforcement =
  /** New messages fail with `QUOTA_EXCEEDED` until the end of the month. */
  | 'BLOCK'
  /** Runs continue; only the reported amounts show the excess. */
  | 'WARN';

/** What a budget is a budget of. */
export type BudgetScope =
  /** The account in the current month (UTC), as it bounds itself. */
  | 'ACCOUNT'
  /** One agent in the current month (UTC). */
  | 'AGENT'
  /** The session of an end user. */
  | 'END_USER'
  /** The account in the current month (UTC), as the operator bounds it. It always blocks. */
  | 'OPERATOR_CEILING'
  /** One run. */
  | 'RUN';

/** A period of time, at most 400 days. */
export type DateRange = {
  /** The first instant of the period. */
  from: string;
  /** The first instant after the period. */
  to: string;
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

export type UsageOfQueryVariables = Exact<{
  range: DateRange;
}>;


export type UsageOfQuery = { total: { total: { inputTokens: number, outputTokens: number, costUsd: number }, rows: Array<{ key: string, runs: number, usage: { inputTokens: number, outputTokens: number, costUsd: number } }> }, models: { rows: Array<{ key: string, runs: number, usage: { inputTokens: number, outputTokens: number, costUsd: number } }> }, analytics: { agents: Array<{ runs: number, failed: number, firstTokenP50Ms: number | null, firstTokenP95Ms: number | null, durationP50Ms: number | null, durationP95Ms: number | null, toolCalls: number, toolFailures: number, satisfaction: number | null, agent: { id: string, name: string, slug: string }, failures: Array<{ code: ErrorCode, count: number }>, usage: { inputTokens: number, outputTokens: number, costUsd: number } }>, handoffs: Array<{ count: number, resolved: number, from: { id: string, name: string }, to: { id: string, name: string } }>, routing: { decisions: number, byReason: unknown, refused: number, correctedByUser: number } } };

export type UsageNumbersFragment = { inputTokens: number, outputTokens: number, costUsd: number };

export type BudgetsLeftQueryVariables = Exact<{ [key: string]: never; }>;


export type BudgetsLeftQuery = { rateLimit: { budgets: Array<{ scope: BudgetScope, tokens: number | null, tokensLeft: number | null, costUsd: number | null, costUsdLeft: number | null, enforcement: BudgetEnforcement }> } };

export const UsageNumbersFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UsageNumbers"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Usage"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"inputTokens"}},{"kind":"Field","name":{"kind":"Name","value":"outputTokens"}},{"kind":"Field","name":{"kind":"Name","value":"costUsd"}}]}}]} as unknown as DocumentNode<UsageNumbersFragment, unknown>;
export const UsageOfDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"UsageOf"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"range"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DateRange"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","alias":{"kind":"Name","value":"total"},"name":{"kind":"Name","value":"usage"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"range"},"value":{"kind":"Variable","name":{"kind":"Name","value":"range"}}},{"kind":"Argument","name":{"kind":"Name","value":"groupBy"},"value":{"kind":"EnumValue","value":"DAY"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"total"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UsageNumbers"}}]}},{"kind":"Field","name":{"kind":"Name","value":"rows"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"runs"}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UsageNumbers"}}]}}]}}]}},{"kind":"Field","alias":{"kind":"Name","value":"models"},"name":{"kind":"Name","value":"usage"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"range"},"value":{"kind":"Variable","name":{"kind":"Name","value":"range"}}},{"kind":"Argument","name":{"kind":"Name","value":"groupBy"},"value":{"kind":"EnumValue","value":"MODEL"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"rows"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"runs"}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UsageNumbers"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"analytics"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"range"},"value":{"kind":"Variable","name":{"kind":"Name","value":"range"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"agents"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"agent"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"slug"}}]}},{"kind":"Field","name":{"kind":"Name","value":"runs"}},{"kind":"Field","name":{"kind":"Name","value":"failed"}},{"kind":"Field","name":{"kind":"Name","value":"failures"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"count"}}]}},{"kind":"Field","name":{"kind":"Name","value":"firstTokenP50Ms"}},{"kind":"Field","name":{"kind":"Name","value":"firstTokenP95Ms"}},{"kind":"Field","name":{"kind":"Name","value":"durationP50Ms"}},{"kind":"Field","name":{"kind":"Name","value":"durationP95Ms"}},{"kind":"Field","name":{"kind":"Name","value":"toolCalls"}},{"kind":"Field","name":{"kind":"Name","value":"toolFailures"}},{"kind":"Field","name":{"kind":"Name","value":"satisfaction"}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UsageNumbers"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"handoffs"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"from"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"to"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"count"}},{"kind":"Field","name":{"kind":"Name","value":"resolved"}}]}},{"kind":"Field","name":{"kind":"Name","value":"routing"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"decisions"}},{"kind":"Field","name":{"kind":"Name","value":"byReason"}},{"kind":"Field","name":{"kind":"Name","value":"refused"}},{"kind":"Field","name":{"kind":"Name","value":"correctedByUser"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UsageNumbers"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Usage"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"inputTokens"}},{"kind":"Field","name":{"kind":"Name","value":"outputTokens"}},{"kind":"Field","name":{"kind":"Name","value":"costUsd"}}]}}]} as unknown as DocumentNode<UsageOfQuery, UsageOfQueryVariables>;
export const BudgetsLeftDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"BudgetsLeft"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"rateLimit"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"budgets"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"scope"}},{"kind":"Field","name":{"kind":"Name","value":"tokens"}},{"kind":"Field","name":{"kind":"Name","value":"tokensLeft"}},{"kind":"Field","name":{"kind":"Name","value":"costUsd"}},{"kind":"Field","name":{"kind":"Name","value":"costUsdLeft"}},{"kind":"Field","name":{"kind":"Name","value":"enforcement"}}]}}]}}]}}]} as unknown as DocumentNode<BudgetsLeftQuery, BudgetsLeftQueryVariables>;