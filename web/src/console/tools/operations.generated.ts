// Made by `npm run generate` of operations.graphql 5a476a49c01bc56c516bc9df96cac499b07f917998693b025676003460f902c8; do not edit.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** Whether an agent or server can be used now. */
export type AvailabilityState =
  /** Fully usable. */
  | 'AVAILABLE'
  /** Usable with limitations. */
  | 'DEGRADED'
  /** Not usable. */
  | 'UNAVAILABLE';

/** The tools to grant to an agent. */
export type GrantToolsInput = {
  /** The agent. */
  agentId: string;
  /**
   * Who approves calls; `END_USER` needs the policy APPROVE. The staff approves a call in a conversation without an end
   * user, and one whose arguments are too long to be shown whole.
   */
  approver?: ToolApprover;
  /** Whether calls need approval. */
  policy?: ToolPolicy;
  /** The server. */
  serverId: string;
  /**
   * The agent's own token for the server, in place of the server's token; stored encrypted and never returned. If it
   * is omitted, the present token stays; null removes it.
   */
  token?: string | null | undefined;
  /** The names of the tools; tools that the agent already has get the new policy. */
  tools: Array<string>;
};

/** The transport protocol of an MCP server. */
export type McpTransport =
  /** `POST {endpointUrl}/{tool}` with the arguments as JSON. */
  | 'ACTION_HTTP'
  /** MCP over streamable HTTP. */
  | 'STREAMABLE_HTTP';

/** The server to refresh. */
export type RefreshMcpServerInput = {
  /** The id of the server. */
  id: string;
};

/**
 * A new MCP server. An operator outside any account registers it for all accounts, every other caller for its own
 * account.
 */
export type RegisterMcpServerInput = {
  /** The only accounts that can use the server; for servers of the operator. Default: all accounts. */
  accountIds?: Array<string> | null | undefined;
  /**
   * The maximum duration of a call in seconds, 1 to 3600. Default: 600, and 60 without a sign of life from the
   * server. A value replaces both limits.
   */
  callTimeoutSeconds?: number | null | undefined;
  /**
   * The URL of the server: http or https, no private address. It is shown to every caller that can see the server,
   * so it must not contain secrets.
   */
  endpointUrl: string;
  /** The display name, 1 to 120 characters; unique among the servers of the same owner. */
  name: string;
  /** Which parts of the tools' definitions are pinned. */
  pinning?: ToolPinning | null | undefined;
  /**
   * Whether all agents share the server. Otherwise, each agent has its own session, and requests name the account
   * and agent.
   */
  stateless: boolean;
  /** The token that requests send as `Authorization: Bearer`; stored encrypted and never returned. */
  token?: string | null | undefined;
  /** The tools of the server; required for `ACTION_HTTP`, which has no discovery, and only allowed there. */
  tools?: Array<ToolInput> | null | undefined;
  /** The transport protocol of the server. */
  transport?: McpTransport | null | undefined;
  /** The type of the server, for example `crm`: a lowercase letter, followed by lowercase letters, digits and `_`. */
  type: string;
};

/** The server to remove. */
export type RemoveMcpServerInput = {
  /** The id of the server. */
  id: string;
};

/** The decision about a tool call. */
export type ResolveToolCallInput = {
  /** Whether the call is approved. */
  approve: boolean;
  /** The `argumentsDigest` of the call as it was shown; other arguments are not approved. */
  argumentsDigest: string;
  /** A comment, at most 2,000 characters; the model receives it when the call is denied. */
  comment?: string | null | undefined;
  /**
   * The account's own id of the end user on whose behalf an API key decides; needed to approve a call whose approver is
   * `END_USER`. The role MEMBER is enough for such a call.
   */
  endUser?: string | null | undefined;
  /** The id of the tool call. */
  toolCallId: string;
};

/** The tools to revoke from an agent. */
export type RevokeToolsInput = {
  /** The agent. */
  agentId: string;
  /** The server. */
  serverId: string;
  /** The names of the tools. Default: all tools of the server. */
  tools?: Array<string> | null | undefined;
};

/** Who approves a tool call. */
export type ToolApprover =
  /** The end user of the conversation, in a session, or through an API key with the role MEMBER that names the end user. */
  | 'END_USER'
  /** The account's staff: an API key with the role ADMIN. */
  | 'STAFF';

/** The status of a tool call. */
export type ToolCallStatus =
  /** Waiting for approval. */
  | 'AWAITING_APPROVAL'
  /** Not made: the call was not permitted, or approval was denied. */
  | 'DENIED'
  /** Not made: approval came too late, or the run ended first. */
  | 'EXPIRED'
  /** The tool failed, or the outcome of the call is unknown. */
  | 'FAILED'
  /** Allowed; the call is about to be made or in progress. */
  | 'RUNNING'
  /** The tool returned a result. */
  | 'SUCCEEDED';

/** A tool of a server without discovery. */
export type ToolInput = {
  /** The description of the tool, for the model. */
  description: string;
  /** Whether a repeated call has no further effect: a call without a response is then repeated. */
  idempotent?: boolean;
  /** JSON Schema of the arguments, of type `object`. */
  inputSchema: unknown;
  /** The name of the tool: the last part of the path of its calls. */
  name: string;
  /** Whether the tool has no side effects: a call without a response is then repeated. */
  readOnly?: boolean;
};

/**
 * Which parts of a tool's definition must stay as they were approved. A tool that differs in them is not called until
 * the server is refreshed.
 */
export type ToolPinning =
  /**
   * The name and the input schema, for servers whose descriptions differ at each listing. Models may then be sent
   * descriptions that no one has approved.
   */
  | 'NAME_AND_INPUT_SCHEMA'
  /** The whole definition: name, description, schemas and annotations. */
  | 'WHOLE_DEFINITION';

/** Whether a tool call needs approval. */
export type ToolPolicy =
  /** Each call needs the approval of a person: the grant's approver. */
  | 'APPROVE'
  /** The call is made when the model requests it. */
  | 'AUTO'
  /** The call is never made. */
  | 'DENY';

export type McpServersQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type McpServersQuery = { mcpServers: { totalCount: number, nodes: Array<{ id: string, name: string, type: string, endpointUrl: string, transport: McpTransport, global: boolean, stateless: boolean, hasToken: boolean, status: AvailabilityState, problem: string | null, toolsChangedSinceApproval: boolean, pinning: ToolPinning, discoveredAt: string | null, supportedTools: Array<{ name: string, description: string, annotations: unknown, available: boolean, unavailableReason: string | null }> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ServerCardFragment = { id: string, name: string, type: string, endpointUrl: string, transport: McpTransport, global: boolean, stateless: boolean, hasToken: boolean, status: AvailabilityState, problem: string | null, toolsChangedSinceApproval: boolean, pinning: ToolPinning, discoveredAt: string | null, supportedTools: Array<{ name: string, description: string, annotations: unknown, available: boolean, unavailableReason: string | null }> };

export type GrantsQueryVariables = Exact<{ [key: string]: never; }>;


export type GrantsQuery = { agents: { nodes: Array<{ id: string, name: string, slug: string, toolGrants: Array<{ tools: Array<string>, policy: ToolPolicy, approver: ToolApprover, server: { id: string } }> }> } };

export type PendingApprovalsQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type PendingApprovalsQuery = { pendingApprovals: { totalCount: number, nodes: Array<{ id: string, tool: string, status: ToolCallStatus, arguments: unknown, argumentsDigest: string, requestedAt: string, expiresAt: string | null, server: { id: string, name: string } | null, approval: { approver: ToolApprover } | null, run: { id: string, conversation: { id: string, title: string | null, endUser: string | null }, agent: { id: string, name: string } | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ApprovalsSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type ApprovalsSubscription = { toolApprovals: { id: string, tool: string, status: ToolCallStatus, arguments: unknown, argumentsDigest: string, requestedAt: string, expiresAt: string | null, server: { id: string, name: string } | null, approval: { approver: ToolApprover } | null, run: { id: string, conversation: { id: string, title: string | null, endUser: string | null }, agent: { id: string, name: string } | null } } };

export type ApprovalFragment = { id: string, tool: string, status: ToolCallStatus, arguments: unknown, argumentsDigest: string, requestedAt: string, expiresAt: string | null, server: { id: string, name: string } | null, approval: { approver: ToolApprover } | null, run: { id: string, conversation: { id: string, title: string | null, endUser: string | null }, agent: { id: string, name: string } | null } };

export type DecideMutationVariables = Exact<{
  input: ResolveToolCallInput;
}>;


export type DecideMutation = { resolveToolCall: { toolCall: { id: string, status: ToolCallStatus } } };

export type RegisterServerMutationVariables = Exact<{
  input: RegisterMcpServerInput;
}>;


export type RegisterServerMutation = { registerMcpServer: { mcpServer: { id: string, name: string, type: string, endpointUrl: string, transport: McpTransport, global: boolean, stateless: boolean, hasToken: boolean, status: AvailabilityState, problem: string | null, toolsChangedSinceApproval: boolean, pinning: ToolPinning, discoveredAt: string | null, supportedTools: Array<{ name: string, description: string, annotations: unknown, available: boolean, unavailableReason: string | null }> } } };

export type RefreshServerMutationVariables = Exact<{
  input: RefreshMcpServerInput;
}>;


export type RefreshServerMutation = { refreshMcpServer: { added: Array<string>, removed: Array<string>, changed: Array<string>, mcpServer: { id: string, name: string, type: string, endpointUrl: string, transport: McpTransport, global: boolean, stateless: boolean, hasToken: boolean, status: AvailabilityState, problem: string | null, toolsChangedSinceApproval: boolean, pinning: ToolPinning, discoveredAt: string | null, supportedTools: Array<{ name: string, description: string, annotations: unknown, available: boolean, unavailableReason: string | null }> } } };

export type RemoveServerMutationVariables = Exact<{
  input: RemoveMcpServerInput;
}>;


export type RemoveServerMutation = { removeMcpServer: { deletedId: string } };

export type GrantToolsMutationVariables = Exact<{
  input: GrantToolsInput;
}>;


export type GrantToolsMutation = { grantTools: { agent: { id: string, toolGrants: Array<{ tools: Array<string>, policy: ToolPolicy, approver: ToolApprover, server: { id: string } }> } } };

export type RevokeToolsMutationVariables = Exact<{
  input: RevokeToolsInput;
}>;


export type RevokeToolsMutation = { revokeTools: { agent: { id: string, toolGrants: Array<{ tools: Array<string>, policy: ToolPolicy, approver: ToolApprover, server: { id: string } }> } } };

export const ServerCardFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ServerCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"McpServer"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"endpointUrl"}},{"kind":"Field","name":{"kind":"Name","value":"transport"}},{"kind":"Field","name":{"kind":"Name","value":"global"}},{"kind":"Field","name":{"kind":"Name","value":"stateless"}},{"kind":"Field","name":{"kind":"Name","value":"hasToken"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"problem"}},{"kind":"Field","name":{"kind":"Name","value":"toolsChangedSinceApproval"}},{"kind":"Field","name":{"kind":"Name","value":"pinning"}},{"kind":"Field","name":{"kind":"Name","value":"discoveredAt"}},{"kind":"Field","name":{"kind":"Name","value":"supportedTools"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"annotations"}},{"kind":"Field","name":{"kind":"Name","value":"available"}},{"kind":"Field","name":{"kind":"Name","value":"unavailableReason"}}]}}]}}]} as unknown as DocumentNode<ServerCardFragment, unknown>;
export const ApprovalFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Approval"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ToolCall"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"tool"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"arguments"}},{"kind":"Field","name":{"kind":"Name","value":"argumentsDigest"}},{"kind":"Field","name":{"kind":"Name","value":"requestedAt"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"server"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"approval"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"approver"}}]}},{"kind":"Field","name":{"kind":"Name","value":"run"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"conversation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"endUser"}}]}},{"kind":"Field","name":{"kind":"Name","value":"agent"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]}}]} as unknown as DocumentNode<ApprovalFragment, unknown>;
export const McpServersDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"McpServers"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"mcpServers"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"30"}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"ServerCard"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ServerCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"McpServer"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"endpointUrl"}},{"kind":"Field","name":{"kind":"Name","value":"transport"}},{"kind":"Field","name":{"kind":"Name","value":"global"}},{"kind":"Field","name":{"kind":"Name","value":"stateless"}},{"kind":"Field","name":{"kind":"Name","value":"hasToken"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"problem"}},{"kind":"Field","name":{"kind":"Name","value":"toolsChangedSinceApproval"}},{"kind":"Field","name":{"kind":"Name","value":"pinning"}},{"kind":"Field","name":{"kind":"Name","value":"discoveredAt"}},{"kind":"Field","name":{"kind":"Name","value":"supportedTools"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"annotations"}},{"kind":"Field","name":{"kind":"Name","value":"available"}},{"kind":"Field","name":{"kind":"Name","value":"unavailableReason"}}]}}]}}]} as unknown as DocumentNode<McpServersQuery, McpServersQueryVariables>;
export const GrantsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Grants"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"agents"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"100"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"slug"}},{"kind":"Field","name":{"kind":"Name","value":"toolGrants"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"server"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"tools"}},{"kind":"Field","name":{"kind":"Name","value":"policy"}},{"kind":"Field","name":{"kind":"Name","value":"approver"}}]}}]}}]}}]}}]} as unknown as DocumentNode<GrantsQuery, GrantsQueryVariables>;
export const PendingApprovalsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"PendingApprovals"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"pendingApprovals"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"50"}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Approval"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Approval"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ToolCall"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"tool"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"arguments"}},{"kind":"Field","name":{"kind":"Name","value":"argumentsDigest"}},{"kind":"Field","name":{"kind":"Name","value":"requestedAt"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"server"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"approval"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"approver"}}]}},{"kind":"Field","name":{"kind":"Name","value":"run"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"conversation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"endUser"}}]}},{"kind":"Field","name":{"kind":"Name","value":"agent"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]}}]} as unknown as DocumentNode<PendingApprovalsQuery, PendingApprovalsQueryVariables>;
export const ApprovalsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"Approvals"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"toolApprovals"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Approval"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Approval"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ToolCall"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"tool"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"arguments"}},{"kind":"Field","name":{"kind":"Name","value":"argumentsDigest"}},{"kind":"Field","name":{"kind":"Name","value":"requestedAt"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"server"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"approval"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"approver"}}]}},{"kind":"Field","name":{"kind":"Name","value":"run"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"conversation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"endUser"}}]}},{"kind":"Field","name":{"kind":"Name","value":"agent"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]}}]} as unknown as DocumentNode<ApprovalsSubscription, ApprovalsSubscriptionVariables>;
export const DecideDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Decide"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ResolveToolCallInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"resolveToolCall"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"toolCall"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}}]}}]}}]} as unknown as DocumentNode<DecideMutation, DecideMutationVariables>;
export const RegisterServerDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RegisterServer"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RegisterMcpServerInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"registerMcpServer"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"mcpServer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"ServerCard"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ServerCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"McpServer"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"endpointUrl"}},{"kind":"Field","name":{"kind":"Name","value":"transport"}},{"kind":"Field","name":{"kind":"Name","value":"global"}},{"kind":"Field","name":{"kind":"Name","value":"stateless"}},{"kind":"Field","name":{"kind":"Name","value":"hasToken"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"problem"}},{"kind":"Field","name":{"kind":"Name","value":"toolsChangedSinceApproval"}},{"kind":"Field","name":{"kind":"Name","value":"pinning"}},{"kind":"Field","name":{"kind":"Name","value":"discoveredAt"}},{"kind":"Field","name":{"kind":"Name","value":"supportedTools"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"annotations"}},{"kind":"Field","name":{"kind":"Name","value":"available"}},{"kind":"Field","name":{"kind":"Name","value":"unavailableReason"}}]}}]}}]} as unknown as DocumentNode<RegisterServerMutation, RegisterServerMutationVariables>;
export const RefreshServerDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RefreshServer"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RefreshMcpServerInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"refreshMcpServer"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"mcpServer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"ServerCard"}}]}},{"kind":"Field","name":{"kind":"Name","value":"added"}},{"kind":"Field","name":{"kind":"Name","value":"removed"}},{"kind":"Field","name":{"kind":"Name","value":"changed"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ServerCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"McpServer"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"endpointUrl"}},{"kind":"Field","name":{"kind":"Name","value":"transport"}},{"kind":"Field","name":{"kind":"Name","value":"global"}},{"kind":"Field","name":{"kind":"Name","value":"stateless"}},{"kind":"Field","name":{"kind":"Name","value":"hasToken"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"problem"}},{"kind":"Field","name":{"kind":"Name","value":"toolsChangedSinceApproval"}},{"kind":"Field","name":{"kind":"Name","value":"pinning"}},{"kind":"Field","name":{"kind":"Name","value":"discoveredAt"}},{"kind":"Field","name":{"kind":"Name","value":"supportedTools"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"annotations"}},{"kind":"Field","name":{"kind":"Name","value":"available"}},{"kind":"Field","name":{"kind":"Name","value":"unavailableReason"}}]}}]}}]} as unknown as DocumentNode<RefreshServerMutation, RefreshServerMutationVariables>;
export const RemoveServerDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RemoveServer"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RemoveMcpServerInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"removeMcpServer"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deletedId"}}]}}]}}]} as unknown as DocumentNode<RemoveServerMutation, RemoveServerMutationVariables>;
export const GrantToolsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"GrantTools"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"GrantToolsInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"grantTools"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"agent"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"toolGrants"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"server"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"tools"}},{"kind":"Field","name":{"kind":"Name","value":"policy"}},{"kind":"Field","name":{"kind":"Name","value":"approver"}}]}}]}}]}}]}}]} as unknown as DocumentNode<GrantToolsMutation, GrantToolsMutationVariables>;
export const RevokeToolsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RevokeTools"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RevokeToolsInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"revokeTools"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"agent"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"toolGrants"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"server"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"tools"}},{"kind":"Field","name":{"kind":"Name","value":"policy"}},{"kind":"Field","name":{"kind":"Name","value":"approver"}}]}}]}}]}}]}}]} as unknown as DocumentNode<RevokeToolsMutation, RevokeToolsMutationVariables>;