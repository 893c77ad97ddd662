// Made by `npm run generate` of operations.graphql e379056fb008846eb1096d8eb83f488fb2f9cb63aec0dc26d959b6e194452d53; do not edit.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** The tier that an account pays for. */
export type AccountTier =
  /** All resources are shared. */
  | 'ENTRY'
  /** Separate indexes for the account. */
  | 'PREMIUM'
  /** Separate namespaces for the account. */
  | 'STANDARD';

/** The effect of a spent budget. */
export type BudgetEnforcement =
  /** New messages fail with `QUOTA_EXCEEDED` until the end of the month. */
  | 'BLOCK'
  /** Runs continue; only the reported amounts show the excess. */
  | 'WARN';

/** A new account. */
export type CreateAccountInput = {
  /** The monthly cost limit in US dollars that the owner cannot raise. Default: no limit. */
  ceilingCostUsd?: number | null | undefined;
  /** The monthly token limit that the owner cannot raise. Default: no limit. */
  ceilingTokens?: number | null | undefined;
  /** The effect of a spent budget. Default: WARN. */
  enforcement?: BudgetEnforcement | null | undefined;
  /** The monthly budget for cost, in US dollars. Default: no limit. */
  monthlyCostBudgetUsd?: number | null | undefined;
  /** The monthly budget for input and output tokens. Default: no limit. */
  monthlyTokenBudget?: number | null | undefined;
  /** The display name, 1 to 120 characters. */
  name: string;
  /** The tier that the account pays for. */
  tier: AccountTier;
};

/** The account to delete. */
export type DeleteAccountInput = {
  /** The id of the account. */
  id: string;
  /** The name of the account, as a confirmation: a deletion cannot be undone. */
  name: string;
};

/** The template version to deprecate. */
export type DeprecateAgentTemplateInput = {
  /** The id of the template version. */
  id: string;
};

/** The documents that the end users of an account may execute. */
export type EndUserOperations =
  /** Every document over the fields for end users. */
  | 'ANY'
  /** Registered documents only. */
  | 'REGISTERED';

/** Whether a run starts at once or waits in the queue for a worker. */
export type LatencyClass =
  /** A worker answers the message from the queue. */
  | 'DEEP'
  /** The process that receives the message answers it. */
  | 'INTERACTIVE';

/** A pricing tier of a new template version. */
export type PricingTierInput = {
  /** The smallest tier of an account that may have agents of this tier; ENTRY if it is left out. */
  accountTier?: AccountTier | null | undefined;
  /** Settings for agents of this tier, a JSON object. */
  configuration?: unknown;
  /** The limits of one agent of this tier, a JSON object of whole numbers; a name that is no limit's is refused. */
  limits?: unknown;
  /** The models of the tier, in order of preference. */
  models: Array<string>;
  /** The name of the tier, for example `startup`. */
  name: string;
  /** The tools that agents of this tier can be granted. */
  tools: Array<string>;
  /** The kind of vector store for agents of this tier. */
  vectorStore: VectorStoreKind;
};

/** A new version of an agent type. */
export type PublishAgentTemplateInput = {
  /** JSON Schema of an agent's configuration, a JSON object. */
  configSchema: unknown;
  /** The template's own settings, a JSON object. */
  configuration?: unknown;
  /** JSON Schema of a chat's context, a JSON object. */
  contextSchema: unknown;
  /** The purpose of agents of this type. */
  description: string;
  /** Whether a run starts at once or waits in the queue for a worker. */
  latencyClass: LatencyClass;
  /** The agent type, for example `sales_agent`. */
  name: string;
  /** The pricing tiers, cheapest first. */
  pricingTiers: Array<PricingTierInput>;
  /** The skills of agents of this type. */
  skills: Array<SkillInput>;
  /** The system prompt, a minijinja template over `agent.name`, `configuration` and `context`. */
  systemPrompt: string;
  /** The version, for example `1.1.0`; a published version is immutable. */
  version: string;
  /** The workflow that answers messages, for example `SalesAgentWorkflow`. */
  workflow: string;
};

/** The account to resume. */
export type ResumeAccountInput = {
  /** The id of the account. */
  id: string;
};

/** A skill of a new template version. */
export type SkillInput = {
  /** A description of the skill. */
  description: string;
  /** Example messages that ask for the skill. */
  examples: Array<string>;
  /** The id of the skill, for example `lead_qualification`. */
  id: string;
  /** The display name of the skill. */
  name: string;
};

/** The account to suspend. */
export type SuspendAccountInput = {
  /** The id of the account. */
  id: string;
  /** The reason, for the audit log, at most 2,000 characters. */
  reason?: string | null | undefined;
};

/** Changes to an account; omitted fields stay as they are. */
export type UpdateAccountInput = {
  /** The monthly cost limit in US dollars that the owner cannot raise; null removes the limit. Operators only. */
  ceilingCostUsd?: number | null | undefined;
  /** The monthly token limit that the owner cannot raise; null removes the limit. Operators only. */
  ceilingTokens?: number | null | undefined;
  /** All settings for the agents of the account, a JSON object; validated against every agent of the account. */
  configuration?: unknown;
  /**
   * The documents that the end users of the account may execute. With REGISTERED, register them first: every other
   * document of an end user is refused from the next request on.
   */
  endUserOperations?: EndUserOperations | null | undefined;
  /** The effect of a spent budget. */
  enforcement?: BudgetEnforcement | null | undefined;
  /** The id of the account. Default: the caller's own; operators can name any account. */
  id?: string | null | undefined;
  /** The monthly budget for cost, in US dollars; null removes the limit. */
  monthlyCostBudgetUsd?: number | null | undefined;
  /** The monthly budget for tokens; null removes the limit. */
  monthlyTokenBudget?: number | null | undefined;
  /** The display name, 1 to 120 characters. */
  name?: string | null | undefined;
  /** Whether a model may decide between two agents whose skills fit a message about equally well. */
  routesByModel?: boolean | null | undefined;
  /** The tier that the account pays for. Operators only. */
  tier?: AccountTier | null | undefined;
  /**
   * Gives (true) or withdraws (false) the account's consent to the export of its rated conversations for fine-tuning and
   * evaluation. It covers what was written before, too. Operators can only withdraw the consent of another account.
   */
  trainingConsent?: boolean | null | undefined;
};

/** The kind of a vector store. */
export type VectorStoreKind =
  /** In the platform's own database, searched in the same process. */
  | 'EMBEDDED'
  /** PostgreSQL with pgvector. */
  | 'PGVECTOR'
  /** A Pinecone index that only this account uses. */
  | 'PINECONE_DEDICATED'
  /** A namespace in a shared Pinecone index. */
  | 'PINECONE_NAMESPACE';

export type AccountsQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type AccountsQuery = { accounts: { totalCount: number, nodes: Array<{ id: string, name: string, tier: AccountTier, createdAt: string, suspendedAt: string | null, billing: { monthlyTokenBudget: number | null, monthlyCostBudgetUsd: number | null, enforcement: BudgetEnforcement, ceilingTokens: number | null, ceilingCostUsd: number | null, spentTokens: number, reservedTokens: number, spentUsd: number } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type AccountRowFragment = { id: string, name: string, tier: AccountTier, createdAt: string, suspendedAt: string | null, billing: { monthlyTokenBudget: number | null, monthlyCostBudgetUsd: number | null, enforcement: BudgetEnforcement, ceilingTokens: number | null, ceilingCostUsd: number | null, spentTokens: number, reservedTokens: number, spentUsd: number } };

export type AccountBillingFragment = { monthlyTokenBudget: number | null, monthlyCostBudgetUsd: number | null, enforcement: BudgetEnforcement, ceilingTokens: number | null, ceilingCostUsd: number | null, spentTokens: number, reservedTokens: number, spentUsd: number };

export type AccountDetailQueryVariables = Exact<{
  id: string;
}>;


export type AccountDetailQuery = { account: { id: string, name: string, tier: AccountTier, createdAt: string, suspendedAt: string | null, billing: { monthlyTokenBudget: number | null, monthlyCostBudgetUsd: number | null, enforcement: BudgetEnforcement, ceilingTokens: number | null, ceilingCostUsd: number | null, spentTokens: number, reservedTokens: number, spentUsd: number } } | null };

export type DeletionProgressQueryVariables = Exact<{
  id: string;
}>;


export type DeletionProgressQuery = { accountDeletion: { accountId: string, requestedAt: string, finishedAt: string | null, sentTo: Array<string>, remains: Array<string>, removed: Array<{ kind: string, count: number }> | null } | null };

export type DeletionFragment = { accountId: string, requestedAt: string, finishedAt: string | null, sentTo: Array<string>, remains: Array<string>, removed: Array<{ kind: string, count: number }> | null };

export type CreateAccountMutationVariables = Exact<{
  input: CreateAccountInput;
}>;


export type CreateAccountMutation = { createAccount: { ownerKey: string, account: { id: string, name: string } } };

export type UpdateTermsMutationVariables = Exact<{
  input: UpdateAccountInput;
}>;


export type UpdateTermsMutation = { updateAccount: { account: { id: string, name: string, tier: AccountTier, createdAt: string, suspendedAt: string | null, billing: { monthlyTokenBudget: number | null, monthlyCostBudgetUsd: number | null, enforcement: BudgetEnforcement, ceilingTokens: number | null, ceilingCostUsd: number | null, spentTokens: number, reservedTokens: number, spentUsd: number } } } };

export type SuspendAccountMutationVariables = Exact<{
  input: SuspendAccountInput;
}>;


export type SuspendAccountMutation = { suspendAccount: { account: { id: string, name: string, tier: AccountTier, createdAt: string, suspendedAt: string | null, billing: { monthlyTokenBudget: number | null, monthlyCostBudgetUsd: number | null, enforcement: BudgetEnforcement, ceilingTokens: number | null, ceilingCostUsd: number | null, spentTokens: number, reservedTokens: number, spentUsd: number } } } };

export type ResumeAccountMutationVariables = Exact<{
  input: ResumeAccountInput;
}>;


export type ResumeAccountMutation = { resumeAccount: { account: { id: string, name: string, tier: AccountTier, createdAt: string, suspendedAt: string | null, billing: { monthlyTokenBudget: number | null, monthlyCostBudgetUsd: number | null, enforcement: BudgetEnforcement, ceilingTokens: number | null, ceilingCostUsd: number | null, spentTokens: number, reservedTokens: number, spentUsd: number } } } };

export type DeleteAccountMutationVariables = Exact<{
  input: DeleteAccountInput;
}>;


export type DeleteAccountMutation = { deleteAccount: { deletedId: string, deletion: { accountId: string, requestedAt: string, finishedAt: string | null, sentTo: Array<string>, remains: Array<string>, removed: Array<{ kind: string, count: number }> | null } } };

export type TemplateListQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type TemplateListQuery = { agentTemplates: { totalCount: number, nodes: Array<{ id: string, name: string, version: string, workflow: string, description: string, latencyClass: LatencyClass, deprecatedAt: string | null, pricingTiers: Array<{ name: string, vectorStore: VectorStoreKind, models: Array<string> }>, skills: Array<{ id: string, name: string }> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type TemplateRowFragment = { id: string, name: string, version: string, workflow: string, description: string, latencyClass: LatencyClass, deprecatedAt: string | null, pricingTiers: Array<{ name: string, vectorStore: VectorStoreKind, models: Array<string> }>, skills: Array<{ id: string, name: string }> };

export type TemplateToExtendQueryVariables = Exact<{
  name: string;
}>;


export type TemplateToExtendQuery = { agentTemplate: { id: string, name: string, version: string, workflow: string, description: string, latencyClass: LatencyClass, configSchema: unknown, contextSchema: unknown, pricingTiers: Array<{ name: string, tools: Array<string>, vectorStore: VectorStoreKind, models: Array<string>, limits: unknown }>, skills: Array<{ id: string, name: string, description: string, examples: Array<string> }> } | null };

export type PublishTemplateMutationVariables = Exact<{
  input: PublishAgentTemplateInput;
}>;


export type PublishTemplateMutation = { publishAgentTemplate: { template: { id: string, name: string, version: string } } };

export type DeprecateTemplateMutationVariables = Exact<{
  input: DeprecateAgentTemplateInput;
}>;


export type DeprecateTemplateMutation = { deprecateAgentTemplate: { template: { id: string, deprecatedAt: string | null } } };

export const AccountBillingFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"AccountBilling"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Billing"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"monthlyTokenBudget"}},{"kind":"Field","name":{"kind":"Name","value":"monthlyCostBudgetUsd"}},{"kind":"Field","name":{"kind":"Name","value":"enforcement"}},{"kind":"Field","name":{"kind":"Name","value":"ceilingTokens"}},{"kind":"Field","name":{"kind":"Name","value":"ceilingCostUsd"}},{"kind":"Field","name":{"kind":"Name","value":"spentTokens"}},{"kind":"Field","name":{"kind":"Name","value":"reservedTokens"}},{"kind":"Field","name":{"kind":"Name","value":"spentUsd"}}]}}]} as unknown as DocumentNode<AccountBillingFragment, unknown>;
export const AccountRowFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"AccountRow"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Account"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"tier"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"suspendedAt"}},{"kind":"Field","name":{"kind":"Name","value":"billing"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"AccountBilling"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"AccountBilling"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Billing"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"monthlyTokenBudget"}},{"kind":"Field","name":{"kind":"Name","value":"monthlyCostBudgetUsd"}},{"kind":"Field","name":{"kind":"Name","value":"enforcement"}},{"kind":"Field","name":{"kind":"Name","value":"ceilingTokens"}},{"kind":"Field","name":{"kind":"Name","value":"ceilingCostUsd"}},{"kind":"Field","name":{"kind":"Name","value":"spentTokens"}},{"kind":"Field","name":{"kind":"Name","value":"reservedTokens"}},{"kind":"Field","name":{"kind":"Name","value":"spentUsd"}}]}}]} as unknown as DocumentNode<AccountRowFragment, unknown>;
export const DeletionFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Deletion"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"AccountDeletion"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accountId"}},{"kind":"Field","name":{"kind":"Name","value":"requestedAt"}},{"kind":"Field","name":{"kind":"Name","value":"finishedAt"}},{"kind":"Field","name":{"kind":"Name","value":"removed"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"count"}}]}},{"kind":"Field","name":{"kind":"Name","value":"sentTo"}},{"kind":"Field","name":{"kind":"Name","value":"remains"}}]}}]} as unknown as DocumentNode<DeletionFragment, unknown>;
export const TemplateRowFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TemplateRow"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"AgentTemplate"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"workflow"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"latencyClass"}},{"kind":"Field","name":{"kind":"Name","value":"deprecatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"pricingTiers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"vectorStore"}},{"kind":"Field","name":{"kind":"Name","value":"models"}}]}},{"kind":"Field","name":{"kind":"Name","value":"skills"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]} as unknown as DocumentNode<TemplateRowFragment, unknown>;
export const AccountsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Accounts"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accounts"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"40"}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"AccountRow"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"AccountRow"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Account"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"tier"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"suspendedAt"}},{"kind":"Field","name":{"kind":"Name","value":"billing"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"AccountBilling"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"AccountBilling"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Billing"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"monthlyTokenBudget"}},{"kind":"Field","name":{"kind":"Name","value":"monthlyCostBudgetUsd"}},{"kind":"Field","name":{"kind":"Name","value":"enforcement"}},{"kind":"Field","name":{"kind":"Name","value":"ceilingTokens"}},{"kind":"Field","name":{"kind":"Name","value":"ceilingCostUsd"}},{"kind":"Field","name":{"kind":"Name","value":"spentTokens"}},{"kind":"Field","name":{"kind":"Name","value":"reservedTokens"}},{"kind":"Field","name":{"kind":"Name","value":"spentUsd"}}]}}]} as unknown as DocumentNode<AccountsQuery, AccountsQueryVariables>;
export const AccountDetailDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"AccountDetail"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"account"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"AccountRow"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"AccountRow"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Account"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"tier"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"suspendedAt"}},{"kind":"Field","name":{"kind":"Name","value":"billing"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"AccountBilling"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"AccountBilling"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Billing"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"monthlyTokenBudget"}},{"kind":"Field","name":{"kind":"Name","value":"monthlyCostBudgetUsd"}},{"kind":"Field","name":{"kind":"Name","value":"enforcement"}},{"kind":"Field","name":{"kind":"Name","value":"ceilingTokens"}},{"kind":"Field","name":{"kind":"Name","value":"ceilingCostUsd"}},{"kind":"Field","name":{"kind":"Name","value":"spentTokens"}},{"kind":"Field","name":{"kind":"Name","value":"reservedTokens"}},{"kind":"Field","name":{"kind":"Name","value":"spentUsd"}}]}}]} as unknown as DocumentNode<AccountDetailQuery, AccountDetailQueryVariables>;
export const DeletionProgressDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"DeletionProgress"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accountDeletion"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"accountId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Deletion"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Deletion"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"AccountDeletion"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accountId"}},{"kind":"Field","name":{"kind":"Name","value":"requestedAt"}},{"kind":"Field","name":{"kind":"Name","value":"finishedAt"}},{"kind":"Field","name":{"kind":"Name","value":"removed"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"count"}}]}},{"kind":"Field","name":{"kind":"Name","value":"sentTo"}},{"kind":"Field","name":{"kind":"Name","value":"remains"}}]}}]} as unknown as DocumentNode<DeletionProgressQuery, DeletionProgressQueryVariables>;
export const CreateAccountDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateAccount"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateAccountInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createAccount"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"account"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"ownerKey"}}]}}]}}]} as unknown as DocumentNode<CreateAccountMutation, CreateAccountMutationVariables>;
export const UpdateTermsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UpdateTerms"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdateAccountInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateAccount"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"account"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"AccountRow"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"AccountRow"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Account"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"tier"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"suspendedAt"}},{"kind":"Field","name":{"kind":"Name","value":"billing"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"AccountBilling"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"AccountBilling"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Billing"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"monthlyTokenBudget"}},{"kind":"Field","name":{"kind":"Name","value":"monthlyCostBudgetUsd"}},{"kind":"Field","name":{"kind":"Name","value":"enforcement"}},{"kind":"Field","name":{"kind":"Name","value":"ceilingTokens"}},{"kind":"Field","name":{"kind":"Name","value":"ceilingCostUsd"}},{"kind":"Field","name":{"kind":"Name","value":"spentTokens"}},{"kind":"Field","name":{"kind":"Name","value":"reservedTokens"}},{"kind":"Field","name":{"kind":"Name","value":"spentUsd"}}]}}]} as unknown as DocumentNode<UpdateTermsMutation, UpdateTermsMutationVariables>;
export const SuspendAccountDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SuspendAccount"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"SuspendAccountInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"suspendAccount"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"account"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"AccountRow"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"AccountRow"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Account"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"tier"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"suspendedAt"}},{"kind":"Field","name":{"kind":"Name","value":"billing"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"AccountBilling"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"AccountBilling"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Billing"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"monthlyTokenBudget"}},{"kind":"Field","name":{"kind":"Name","value":"monthlyCostBudgetUsd"}},{"kind":"Field","name":{"kind":"Name","value":"enforcement"}},{"kind":"Field","name":{"kind":"Name","value":"ceilingTokens"}},{"kind":"Field","name":{"kind":"Name","value":"ceilingCostUsd"}},{"kind":"Field","name":{"kind":"Name","value":"spentTokens"}},{"kind":"Field","name":{"kind":"Name","value":"reservedTokens"}},{"kind":"Field","name":{"kind":"Name","value":"spentUsd"}}]}}]} as unknown as DocumentNode<SuspendAccountMutation, SuspendAccountMutationVariables>;
export const ResumeAccountDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ResumeAccount"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ResumeAccountInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"resumeAccount"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"account"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"AccountRow"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"AccountRow"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Account"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"tier"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"suspendedAt"}},{"kind":"Field","name":{"kind":"Name","value":"billing"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"AccountBilling"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"AccountBilling"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Billing"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"monthlyTokenBudget"}},{"kind":"Field","name":{"kind":"Name","value":"monthlyCostBudgetUsd"}},{"kind":"Field","name":{"kind":"Name","value":"enforcement"}},{"kind":"Field","name":{"kind":"Name","value":"ceilingTokens"}},{"kind":"Field","name":{"kind":"Name","value":"ceilingCostUsd"}},{"kind":"Field","name":{"kind":"Name","value":"spentTokens"}},{"kind":"Field","name":{"kind":"Name","value":"reservedTokens"}},{"kind":"Field","name":{"kind":"Name","value":"spentUsd"}}]}}]} as unknown as DocumentNode<ResumeAccountMutation, ResumeAccountMutationVariables>;
export const DeleteAccountDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"DeleteAccount"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DeleteAccountInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deleteAccount"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deletedId"}},{"kind":"Field","name":{"kind":"Name","value":"deletion"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Deletion"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Deletion"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"AccountDeletion"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accountId"}},{"kind":"Field","name":{"kind":"Name","value":"requestedAt"}},{"kind":"Field","name":{"kind":"Name","value":"finishedAt"}},{"kind":"Field","name":{"kind":"Name","value":"removed"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"count"}}]}},{"kind":"Field","name":{"kind":"Name","value":"sentTo"}},{"kind":"Field","name":{"kind":"Name","value":"remains"}}]}}]} as unknown as DocumentNode<DeleteAccountMutation, DeleteAccountMutationVariables>;
export const TemplateListDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TemplateList"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"agentTemplates"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"50"}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"includeDeprecated"},"value":{"kind":"BooleanValue","value":true}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"TemplateRow"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TemplateRow"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"AgentTemplate"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"workflow"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"latencyClass"}},{"kind":"Field","name":{"kind":"Name","value":"deprecatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"pricingTiers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"vectorStore"}},{"kind":"Field","name":{"kind":"Name","value":"models"}}]}},{"kind":"Field","name":{"kind":"Name","value":"skills"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]} as unknown as DocumentNode<TemplateListQuery, TemplateListQueryVariables>;
export const TemplateToExtendDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TemplateToExtend"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"name"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"agentTemplate"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"name"},"value":{"kind":"Variable","name":{"kind":"Name","value":"name"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"workflow"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"latencyClass"}},{"kind":"Field","name":{"kind":"Name","value":"configSchema"}},{"kind":"Field","name":{"kind":"Name","value":"contextSchema"}},{"kind":"Field","name":{"kind":"Name","value":"pricingTiers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"tools"}},{"kind":"Field","name":{"kind":"Name","value":"vectorStore"}},{"kind":"Field","name":{"kind":"Name","value":"models"}},{"kind":"Field","name":{"kind":"Name","value":"limits"}}]}},{"kind":"Field","name":{"kind":"Name","value":"skills"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"examples"}}]}}]}}]}}]} as unknown as DocumentNode<TemplateToExtendQuery, TemplateToExtendQueryVariables>;
export const PublishTemplateDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"PublishTemplate"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"PublishAgentTemplateInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"publishAgentTemplate"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"template"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}}]}}]}}]} as unknown as DocumentNode<PublishTemplateMutation, PublishTemplateMutationVariables>;
export const DeprecateTemplateDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"DeprecateTemplate"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DeprecateAgentTemplateInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deprecateAgentTemplate"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"template"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"deprecatedAt"}}]}}]}}]}}]} as unknown as DocumentNode<DeprecateTemplateMutation, DeprecateTemplateMutationVariables>;