// Made from schema.graphql by `npm run generate`; a test compares it. Do not edit.

/** An operation with the types of its result and its variables. */
export interface Operation<Data, Variables> {
  readonly name: string;
  readonly query: string;
  /** Only for the compiler. */
  readonly types?: (variables: Variables) => Data;
}

export type AgentStatus = 'CONFIGURING' | 'ACTIVE' | 'SUSPENDED';
export type AvailabilityState = 'AVAILABLE' | 'DEGRADED' | 'UNAVAILABLE';
export type CancelRunInput = {
  runId: string;
};
export type ChatInput = {
  message: string;
  agentId?: string | null;
  conversationId?: string | null;
  endUser?: string | null;
  context?: unknown | null;
  clientMessageId?: string | null;
  allowTools?: readonly (string)[] | null;
  private?: boolean;
};
export type ConversationChangeKind = 'CREATED' | 'UPDATED' | 'ANSWERED' | 'DELETED';
export type ConversationFilter = {
  agentId?: string | null;
  endUser?: string | null;
  search?: string | null;
  archived?: boolean | null;
  updatedAfter?: string | null;
  updatedBefore?: string | null;
};
export type ConversationOrder = {
  field: ConversationOrderField;
  direction: OrderDirection;
};
export type ConversationOrderField = 'UPDATED_AT' | 'CREATED_AT';
export type CreateSessionInput = {
  endUser: string;
  displayName?: string | null;
  agentIds?: readonly (string)[] | null;
  origins?: readonly (string)[] | null;
  expiresInSeconds?: number | null;
  messagesPerMinute?: number | null;
  tokens?: number | null;
  trainingConsent?: boolean | null;
};
export type DeleteConversationInput = {
  id: string;
};
export type EditMessageInput = {
  messageId: string;
  message: string;
  clientMessageId: string;
};
export type ErrorCode = 'UNAUTHENTICATED' | 'FORBIDDEN' | 'NOT_FOUND' | 'BAD_USER_INPUT' | 'CONFLICT' | 'RATE_LIMITED' | 'QUOTA_EXCEEDED' | 'UNAVAILABLE' | 'TOO_COMPLEX' | 'CONTENT_FILTERED' | 'TOO_LONG' | 'PROVIDER_REFUSED' | 'TIMEOUT' | 'INTERNAL' | 'GRAPHQL_PARSE_FAILED' | 'GRAPHQL_VALIDATION_FAILED' | 'PERSISTED_QUERY_NOT_FOUND';
export type FinishReason = 'STOP' | 'LENGTH' | 'CONTENT_FILTER' | 'TOOL_LIMIT' | 'BUDGET' | 'CANCELLED' | 'ERROR';
export type MessageRole = 'USER' | 'ASSISTANT';
export type OrderDirection = 'ASC' | 'DESC';
export type RateMessageInput = {
  messageId: string;
  value: RatingValue;
  comment?: string | null;
};
export type RatingValue = 'UP' | 'DOWN';
export type RegenerateMessageInput = {
  messageId: string;
  clientMessageId: string;
};
export type RenewSessionInput = {
  token: string;
};
export type ResolveToolCallInput = {
  toolCallId: string;
  approve: boolean;
  endUser?: string | null;
  argumentsDigest: string;
  comment?: string | null;
};
export type Role = 'OPERATOR' | 'OWNER' | 'ADMIN' | 'MEMBER' | 'READER' | 'END_USER';
export type RouteReason = 'REQUESTED' | 'CONVERSATION' | 'INTENT' | 'FALLBACK' | 'HANDOFF';
export type RunStatus = 'QUEUED' | 'RUNNING' | 'AWAITING_APPROVAL' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
export type SelectAlternativeInput = {
  messageId: string;
};
export type StartPublicSessionInput = {
  agentId: string;
  token?: string | null;
};
export type ToolApprover = 'STAFF' | 'END_USER';
export type ToolCallStatus = 'AWAITING_APPROVAL' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'DENIED' | 'EXPIRED';
export type UpdateConversationInput = {
  id: string;
  title?: string | null;
  archived?: boolean | null;
  metadata?: unknown | null;
  read?: boolean | null;
};
export type ApprovalFields = {
  id: string;
  tool: string;
  status: ToolCallStatus;
  approval: {
    approver: ToolApprover;
    arguments: readonly ({
      name: string;
      text: string;
    })[] | null;
    argumentsDigest: string;
    expiresAt: string | null;
  } | null;
  durationMs: number | null;
  requestedAt: string;
  arguments: unknown;
  argumentsDigest: string;
  expiresAt: string | null;
  resolvedBy: string | null;
  run: {
    id: string;
    conversation: {
      id: string;
    };
    agent: {
      id: string;
      name: string;
    } | null;
  };
};
export type AgentFields = {
  id: string;
  slug: string;
  name: string;
  description: string;
  status: AgentStatus;
  availability: {
    state: AvailabilityState;
  };
  capabilities: {
    skills: readonly ({
      id: string;
      name: string;
      description: string;
      examples: readonly (string)[];
    })[];
  };
};
export type PassageFields = {
  text: string;
  headings: readonly (string)[];
  position: number;
  document: {
    id: string;
    title: string;
  };
};
export type CitationFields = {
  number: number;
  start: number;
  end: number;
  utf16Start: number;
  utf16End: number;
  passage: PassageFields;
};
export type ToolCallFields = {
  id: string;
  tool: string;
  status: ToolCallStatus;
  approval: {
    approver: ToolApprover;
    arguments: readonly ({
      name: string;
      text: string;
    })[] | null;
    argumentsDigest: string;
    expiresAt: string | null;
  } | null;
  durationMs: number | null;
  requestedAt: string;
};
export type MessageFields = {
  id: string;
  role: MessageRole;
  text: string;
  finishReason: FinishReason | null;
  createdAt: string;
  agent: {
    id: string;
    name: string;
  } | null;
  run: {
    id: string;
    status: RunStatus;
  } | null;
  rating: {
    value: RatingValue;
    comment: string | null;
  } | null;
  parts: readonly ({
    __typename: 'TextPart';
    text: string;
    offset: number;
    utf16Offset: number;
  } | {
    __typename: 'ReasoningPart';
    text: string;
  } | {
    __typename: 'ToolCallPart';
    offset: number;
    utf16Offset: number;
    toolCall: ToolCallFields;
  } | {
    __typename: 'SourcePart';
    number: number;
    offset: number;
    utf16Offset: number;
    passage: PassageFields;
  })[];
  citations: readonly (CitationFields)[];
  alternatives: readonly ({
    id: string;
  })[];
};
export type RunFields = {
  id: string;
  status: RunStatus;
  attempt: number;
  error: {
    code: ErrorCode;
    message: string;
  } | null;
  userMessage: {
    id: string;
  };
};
export type ConversationFields = {
  id: string;
  title: string | null;
  agent: {
    id: string;
    name: string;
  } | null;
  archivedAt: string | null;
  metadata: unknown;
  messageCount: number;
  unread: boolean;
  lastMessage: {
    id: string;
    role: MessageRole;
    text: string;
    createdAt: string;
  } | null;
  activeRun: {
    id: string;
    status: RunStatus;
  } | null;
  createdAt: string;
  updatedAt: string;
};
export type RunEventFields = {
  __typename: 'AgentSelected';
  runId: string;
  cursor: string;
  sequence: number;
  at: string;
  route: {
    agent: {
      id: string;
      name: string;
    };
    reason: RouteReason;
  };
} | {
  __typename: 'HandedOff';
  runId: string;
  cursor: string;
  sequence: number;
  at: string;
  handoff: {
    id: string;
    to: {
      id: string;
      name: string;
    } | null;
  };
} | {
  __typename: 'KnowledgeRetrieved';
  runId: string;
  cursor: string;
  sequence: number;
  at: string;
} | {
  __typename: 'MessageAdded' | 'RunSucceeded';
  runId: string;
  cursor: string;
  sequence: number;
  at: string;
  message: MessageFields;
} | {
  __typename: 'ReasoningDelta';
  runId: string;
  cursor: string;
  sequence: number;
  at: string;
  text: string;
} | {
  __typename: 'RunCancelled';
  runId: string;
  cursor: string;
  sequence: number;
  at: string;
  partial: MessageFields | null;
} | {
  __typename: 'RunFailed';
  runId: string;
  cursor: string;
  sequence: number;
  at: string;
  error: {
    code: ErrorCode;
    message: string;
  };
  partial: MessageFields | null;
} | {
  __typename: 'RunProgress';
  runId: string;
  cursor: string;
  sequence: number;
  at: string;
  stage: string;
} | {
  __typename: 'RunStarted';
  runId: string;
  cursor: string;
  sequence: number;
  at: string;
  attempt: number;
  run: RunFields;
} | {
  __typename: 'TokenDelta';
  runId: string;
  cursor: string;
  sequence: number;
  at: string;
  text: string;
  offset: number;
  utf16Offset: number;
} | {
  __typename: 'ToolCallUpdated';
  runId: string;
  cursor: string;
  sequence: number;
  at: string;
  toolCall: ToolCallFields;
};
export type SentRun = {
  id: string;
  status: RunStatus;
  conversation: {
    id: string;
  };
  userMessage: MessageFields;
};
export type AgentsData = {
  agents: {
    nodes: readonly (AgentFields)[];
    pageInfo: {
      hasNextPage: boolean;
      endCursor: string | null;
    };
  };
};
export type AgentsVariables = {
  first?: number | null;
  after?: string | null;
};
export const Agents: Operation<AgentsData, AgentsVariables> = {
  name: 'Agents',
  query: `query Agents($first: Int, $after: String) {
  agents(first: $first, after: $after) {
    nodes {
      ...AgentFields
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
fragment AgentFields on Agent {
  id
  slug
  name
  description
  status
  availability {
    state
  }
  capabilities {
    skills {
      id
      name
      description
      examples
    }
  }
}`,
};
export type PendingApprovalsData = {
  pendingApprovals: {
    nodes: readonly (ApprovalFields)[];
    pageInfo: {
      hasNextPage: boolean;
      endCursor: string | null;
    };
  };
};
export type PendingApprovalsVariables = {
  first?: number | null;
  after?: string | null;
};
export const PendingApprovals: Operation<PendingApprovalsData, PendingApprovalsVariables> = {
  name: 'PendingApprovals',
  query: `query PendingApprovals($first: Int, $after: String) {
  pendingApprovals(first: $first, after: $after) {
    nodes {
      ...ApprovalFields
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
fragment ApprovalFields on ToolCall {
  ...ToolCallFields
  arguments
  argumentsDigest
  expiresAt
  resolvedBy
  run {
    id
    conversation {
      id
    }
    agent {
      id
      name
    }
  }
}
fragment ToolCallFields on ToolCall {
  id
  tool
  status
  approval {
    approver
    arguments {
      name
      text
    }
    argumentsDigest
    expiresAt
  }
  durationMs
  requestedAt
}`,
};
export type ResolveToolCallData = {
  resolveToolCall: {
    toolCall: ApprovalFields;
  };
};
export type ResolveToolCallVariables = {
  input: ResolveToolCallInput;
};
export const ResolveToolCall: Operation<ResolveToolCallData, ResolveToolCallVariables> = {
  name: 'ResolveToolCall',
  query: `mutation ResolveToolCall($input: ResolveToolCallInput!) {
  resolveToolCall(input: $input) {
    toolCall {
      ...ApprovalFields
    }
  }
}
fragment ApprovalFields on ToolCall {
  ...ToolCallFields
  arguments
  argumentsDigest
  expiresAt
  resolvedBy
  run {
    id
    conversation {
      id
    }
    agent {
      id
      name
    }
  }
}
fragment ToolCallFields on ToolCall {
  id
  tool
  status
  approval {
    approver
    arguments {
      name
      text
    }
    argumentsDigest
    expiresAt
  }
  durationMs
  requestedAt
}`,
};
export type ToolApprovalsData = {
  toolApprovals: ApprovalFields;
};
export type ToolApprovalsVariables = {
};
export const ToolApprovals: Operation<ToolApprovalsData, ToolApprovalsVariables> = {
  name: 'ToolApprovals',
  query: `subscription ToolApprovals {
  toolApprovals {
    ...ApprovalFields
  }
}
fragment ApprovalFields on ToolCall {
  ...ToolCallFields
  arguments
  argumentsDigest
  expiresAt
  resolvedBy
  run {
    id
    conversation {
      id
    }
    agent {
      id
      name
    }
  }
}
fragment ToolCallFields on ToolCall {
  id
  tool
  status
  approval {
    approver
    arguments {
      name
      text
    }
    argumentsDigest
    expiresAt
  }
  durationMs
  requestedAt
}`,
};
export type ConversationsData = {
  conversations: {
    totalCount: number;
    nodes: readonly (ConversationFields)[];
    pageInfo: {
      hasNextPage: boolean;
      endCursor: string | null;
    };
  };
};
export type ConversationsVariables = {
  filter?: ConversationFilter | null;
  orderBy?: ConversationOrder | null;
  first?: number | null;
  after?: string | null;
};
export const Conversations: Operation<ConversationsData, ConversationsVariables> = {
  name: 'Conversations',
  query: `query Conversations($filter: ConversationFilter, $orderBy: ConversationOrder, $first: Int, $after: String) {
  conversations(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    totalCount
    nodes {
      ...ConversationFields
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
fragment ConversationFields on Conversation {
  id
  title
  agent {
    id
    name
  }
  archivedAt
  metadata
  messageCount
  unread
  lastMessage {
    id
    role
    text
    createdAt
  }
  activeRun {
    id
    status
  }
  createdAt
  updatedAt
}`,
};
export type UpdateConversationData = {
  updateConversation: {
    conversation: ConversationFields;
  };
};
export type UpdateConversationVariables = {
  input: UpdateConversationInput;
};
export const UpdateConversation: Operation<UpdateConversationData, UpdateConversationVariables> = {
  name: 'UpdateConversation',
  query: `mutation UpdateConversation($input: UpdateConversationInput!) {
  updateConversation(input: $input) {
    conversation {
      ...ConversationFields
    }
  }
}
fragment ConversationFields on Conversation {
  id
  title
  agent {
    id
    name
  }
  archivedAt
  metadata
  messageCount
  unread
  lastMessage {
    id
    role
    text
    createdAt
  }
  activeRun {
    id
    status
  }
  createdAt
  updatedAt
}`,
};
export type DeleteConversationData = {
  deleteConversation: {
    deletedId: string;
  };
};
export type DeleteConversationVariables = {
  input: DeleteConversationInput;
};
export const DeleteConversation: Operation<DeleteConversationData, DeleteConversationVariables> = {
  name: 'DeleteConversation',
  query: `mutation DeleteConversation($input: DeleteConversationInput!) {
  deleteConversation(input: $input) {
    deletedId
  }
}`,
};
export type ConversationChangedData = {
  conversationChanged: {
    kind: ConversationChangeKind;
    conversationId: string;
    conversation: ConversationFields | null;
  };
};
export type ConversationChangedVariables = {
  endUser?: string | null;
};
export const ConversationChanged: Operation<ConversationChangedData, ConversationChangedVariables> = {
  name: 'ConversationChanged',
  query: `subscription ConversationChanged($endUser: String) {
  conversationChanged(endUser: $endUser) {
    kind
    conversationId
    conversation {
      ...ConversationFields
    }
  }
}
fragment ConversationFields on Conversation {
  id
  title
  agent {
    id
    name
  }
  archivedAt
  metadata
  messageCount
  unread
  lastMessage {
    id
    role
    text
    createdAt
  }
  activeRun {
    id
    status
  }
  createdAt
  updatedAt
}`,
};
export type HistoryData = {
  conversation: {
    id: string;
    title: string | null;
    agent: {
      id: string;
      name: string;
    } | null;
    archivedAt: string | null;
    metadata: unknown;
    messageCount: number;
    unread: boolean;
    lastMessage: {
      id: string;
      role: MessageRole;
      text: string;
      createdAt: string;
    } | null;
    activeRun: {
      id: string;
      status: RunStatus;
    } | null;
    createdAt: string;
    updatedAt: string;
    messages: {
      nodes: readonly (MessageFields)[];
      pageInfo: {
        hasPreviousPage: boolean;
        startCursor: string | null;
      };
    };
  } | null;
};
export type HistoryVariables = {
  conversationId: string;
  last: number;
  before?: string | null;
};
export const History: Operation<HistoryData, HistoryVariables> = {
  name: 'History',
  query: `query History($conversationId: ID!, $last: Int!, $before: String) {
  conversation(id: $conversationId) {
    ...ConversationFields
    messages(last: $last, before: $before) {
      nodes {
        ...MessageFields
      }
      pageInfo {
        hasPreviousPage
        startCursor
      }
    }
  }
}
fragment ConversationFields on Conversation {
  id
  title
  agent {
    id
    name
  }
  archivedAt
  metadata
  messageCount
  unread
  lastMessage {
    id
    role
    text
    createdAt
  }
  activeRun {
    id
    status
  }
  createdAt
  updatedAt
}
fragment MessageFields on Message {
  id
  role
  text
  finishReason
  createdAt
  agent {
    id
    name
  }
  run {
    id
    status
  }
  rating {
    value
    comment
  }
  parts {
    __typename
    ... on TextPart {
      text
      offset
      utf16Offset
    }
    ... on ReasoningPart {
      text
    }
    ... on ToolCallPart {
      offset
      utf16Offset
      toolCall {
        ...ToolCallFields
      }
    }
    ... on SourcePart {
      number
      offset
      utf16Offset
      passage {
        ...PassageFields
      }
    }
  }
  citations {
    ...CitationFields
  }
  alternatives {
    id
  }
}
fragment ToolCallFields on ToolCall {
  id
  tool
  status
  approval {
    approver
    arguments {
      name
      text
    }
    argumentsDigest
    expiresAt
  }
  durationMs
  requestedAt
}
fragment PassageFields on Passage {
  text
  headings
  position
  document {
    id
    title
  }
}
fragment CitationFields on Citation {
  number
  start
  end
  utf16Start
  utf16End
  passage {
    ...PassageFields
  }
}`,
};
export type RunStateData = {
  run: {
    id: string;
    status: RunStatus;
    attempt: number;
    error: {
      code: ErrorCode;
      message: string;
    } | null;
    userMessage: {
      id: string;
    };
    message: MessageFields | null;
  } | null;
};
export type RunStateVariables = {
  runId: string;
};
export const RunState: Operation<RunStateData, RunStateVariables> = {
  name: 'RunState',
  query: `query RunState($runId: ID!) {
  run(id: $runId) {
    ...RunFields
    message {
      ...MessageFields
    }
  }
}
fragment RunFields on Run {
  id
  status
  attempt
  error {
    code
    message
  }
  userMessage {
    id
  }
}
fragment MessageFields on Message {
  id
  role
  text
  finishReason
  createdAt
  agent {
    id
    name
  }
  run {
    id
    status
  }
  rating {
    value
    comment
  }
  parts {
    __typename
    ... on TextPart {
      text
      offset
      utf16Offset
    }
    ... on ReasoningPart {
      text
    }
    ... on ToolCallPart {
      offset
      utf16Offset
      toolCall {
        ...ToolCallFields
      }
    }
    ... on SourcePart {
      number
      offset
      utf16Offset
      passage {
        ...PassageFields
      }
    }
  }
  citations {
    ...CitationFields
  }
  alternatives {
    id
  }
}
fragment ToolCallFields on ToolCall {
  id
  tool
  status
  approval {
    approver
    arguments {
      name
      text
    }
    argumentsDigest
    expiresAt
  }
  durationMs
  requestedAt
}
fragment PassageFields on Passage {
  text
  headings
  position
  document {
    id
    title
  }
}
fragment CitationFields on Citation {
  number
  start
  end
  utf16Start
  utf16End
  passage {
    ...PassageFields
  }
}`,
};
export type ConversationEventsData = {
  conversationEvents: RunEventFields;
};
export type ConversationEventsVariables = {
  conversationId: string;
  after?: string | null;
};
export const ConversationEvents: Operation<ConversationEventsData, ConversationEventsVariables> = {
  name: 'ConversationEvents',
  query: `subscription ConversationEvents($conversationId: ID!, $after: String) {
  conversationEvents(conversationId: $conversationId, after: $after) {
    ...RunEventFields
  }
}
fragment RunEventFields on RunEvent {
  __typename
  runId
  cursor
  sequence
  at
  ... on MessageAdded {
    message {
      ...MessageFields
    }
  }
  ... on RunStarted {
    attempt
    run {
      ...RunFields
    }
  }
  ... on RunProgress {
    stage
  }
  ... on AgentSelected {
    route {
      agent {
        id
        name
      }
      reason
    }
  }
  ... on ReasoningDelta {
    text
  }
  ... on TokenDelta {
    text
    offset
    utf16Offset
  }
  ... on ToolCallUpdated {
    toolCall {
      ...ToolCallFields
    }
  }
  ... on HandedOff {
    handoff {
      id
      to {
        id
        name
      }
    }
  }
  ... on RunSucceeded {
    message {
      ...MessageFields
    }
  }
  ... on RunFailed {
    error {
      code
      message
    }
    partial: message {
      ...MessageFields
    }
  }
  ... on RunCancelled {
    partial: message {
      ...MessageFields
    }
  }
}
fragment MessageFields on Message {
  id
  role
  text
  finishReason
  createdAt
  agent {
    id
    name
  }
  run {
    id
    status
  }
  rating {
    value
    comment
  }
  parts {
    __typename
    ... on TextPart {
      text
      offset
      utf16Offset
    }
    ... on ReasoningPart {
      text
    }
    ... on ToolCallPart {
      offset
      utf16Offset
      toolCall {
        ...ToolCallFields
      }
    }
    ... on SourcePart {
      number
      offset
      utf16Offset
      passage {
        ...PassageFields
      }
    }
  }
  citations {
    ...CitationFields
  }
  alternatives {
    id
  }
}
fragment ToolCallFields on ToolCall {
  id
  tool
  status
  approval {
    approver
    arguments {
      name
      text
    }
    argumentsDigest
    expiresAt
  }
  durationMs
  requestedAt
}
fragment PassageFields on Passage {
  text
  headings
  position
  document {
    id
    title
  }
}
fragment CitationFields on Citation {
  number
  start
  end
  utf16Start
  utf16End
  passage {
    ...PassageFields
  }
}
fragment RunFields on Run {
  id
  status
  attempt
  error {
    code
    message
  }
  userMessage {
    id
  }
}`,
};
export type SendMessageData = {
  sendMessage: {
    run: SentRun;
  };
};
export type SendMessageVariables = {
  input: ChatInput;
};
export const SendMessage: Operation<SendMessageData, SendMessageVariables> = {
  name: 'SendMessage',
  query: `mutation SendMessage($input: ChatInput!) {
  sendMessage(input: $input) {
    run {
      ...SentRun
    }
  }
}
fragment SentRun on Run {
  id
  status
  conversation {
    id
  }
  userMessage {
    ...MessageFields
  }
}
fragment MessageFields on Message {
  id
  role
  text
  finishReason
  createdAt
  agent {
    id
    name
  }
  run {
    id
    status
  }
  rating {
    value
    comment
  }
  parts {
    __typename
    ... on TextPart {
      text
      offset
      utf16Offset
    }
    ... on ReasoningPart {
      text
    }
    ... on ToolCallPart {
      offset
      utf16Offset
      toolCall {
        ...ToolCallFields
      }
    }
    ... on SourcePart {
      number
      offset
      utf16Offset
      passage {
        ...PassageFields
      }
    }
  }
  citations {
    ...CitationFields
  }
  alternatives {
    id
  }
}
fragment ToolCallFields on ToolCall {
  id
  tool
  status
  approval {
    approver
    arguments {
      name
      text
    }
    argumentsDigest
    expiresAt
  }
  durationMs
  requestedAt
}
fragment PassageFields on Passage {
  text
  headings
  position
  document {
    id
    title
  }
}
fragment CitationFields on Citation {
  number
  start
  end
  utf16Start
  utf16End
  passage {
    ...PassageFields
  }
}`,
};
export type RegenerateMessageData = {
  regenerateMessage: {
    run: SentRun;
  };
};
export type RegenerateMessageVariables = {
  input: RegenerateMessageInput;
};
export const RegenerateMessage: Operation<RegenerateMessageData, RegenerateMessageVariables> = {
  name: 'RegenerateMessage',
  query: `mutation RegenerateMessage($input: RegenerateMessageInput!) {
  regenerateMessage(input: $input) {
    run {
      ...SentRun
    }
  }
}
fragment SentRun on Run {
  id
  status
  conversation {
    id
  }
  userMessage {
    ...MessageFields
  }
}
fragment MessageFields on Message {
  id
  role
  text
  finishReason
  createdAt
  agent {
    id
    name
  }
  run {
    id
    status
  }
  rating {
    value
    comment
  }
  parts {
    __typename
    ... on TextPart {
      text
      offset
      utf16Offset
    }
    ... on ReasoningPart {
      text
    }
    ... on ToolCallPart {
      offset
      utf16Offset
      toolCall {
        ...ToolCallFields
      }
    }
    ... on SourcePart {
      number
      offset
      utf16Offset
      passage {
        ...PassageFields
      }
    }
  }
  citations {
    ...CitationFields
  }
  alternatives {
    id
  }
}
fragment ToolCallFields on ToolCall {
  id
  tool
  status
  approval {
    approver
    arguments {
      name
      text
    }
    argumentsDigest
    expiresAt
  }
  durationMs
  requestedAt
}
fragment PassageFields on Passage {
  text
  headings
  position
  document {
    id
    title
  }
}
fragment CitationFields on Citation {
  number
  start
  end
  utf16Start
  utf16End
  passage {
    ...PassageFields
  }
}`,
};
export type EditMessageData = {
  editMessage: {
    run: SentRun;
  };
};
export type EditMessageVariables = {
  input: EditMessageInput;
};
export const EditMessage: Operation<EditMessageData, EditMessageVariables> = {
  name: 'EditMessage',
  query: `mutation EditMessage($input: EditMessageInput!) {
  editMessage(input: $input) {
    run {
      ...SentRun
    }
  }
}
fragment SentRun on Run {
  id
  status
  conversation {
    id
  }
  userMessage {
    ...MessageFields
  }
}
fragment MessageFields on Message {
  id
  role
  text
  finishReason
  createdAt
  agent {
    id
    name
  }
  run {
    id
    status
  }
  rating {
    value
    comment
  }
  parts {
    __typename
    ... on TextPart {
      text
      offset
      utf16Offset
    }
    ... on ReasoningPart {
      text
    }
    ... on ToolCallPart {
      offset
      utf16Offset
      toolCall {
        ...ToolCallFields
      }
    }
    ... on SourcePart {
      number
      offset
      utf16Offset
      passage {
        ...PassageFields
      }
    }
  }
  citations {
    ...CitationFields
  }
  alternatives {
    id
  }
}
fragment ToolCallFields on ToolCall {
  id
  tool
  status
  approval {
    approver
    arguments {
      name
      text
    }
    argumentsDigest
    expiresAt
  }
  durationMs
  requestedAt
}
fragment PassageFields on Passage {
  text
  headings
  position
  document {
    id
    title
  }
}
fragment CitationFields on Citation {
  number
  start
  end
  utf16Start
  utf16End
  passage {
    ...PassageFields
  }
}`,
};
export type SelectAlternativeData = {
  selectAlternative: {
    __typename: 'SelectAlternativePayload';
  };
};
export type SelectAlternativeVariables = {
  input: SelectAlternativeInput;
};
export const SelectAlternative: Operation<SelectAlternativeData, SelectAlternativeVariables> = {
  name: 'SelectAlternative',
  query: `mutation SelectAlternative($input: SelectAlternativeInput!) {
  selectAlternative(input: $input) {
    __typename
  }
}`,
};
export type CancelRunData = {
  cancelRun: {
    run: {
      id: string;
      status: RunStatus;
    };
  };
};
export type CancelRunVariables = {
  input: CancelRunInput;
};
export const CancelRun: Operation<CancelRunData, CancelRunVariables> = {
  name: 'CancelRun',
  query: `mutation CancelRun($input: CancelRunInput!) {
  cancelRun(input: $input) {
    run {
      id
      status
    }
  }
}`,
};
export type DecideToolCallData = {
  resolveToolCall: {
    toolCall: ToolCallFields;
  };
};
export type DecideToolCallVariables = {
  input: ResolveToolCallInput;
};
export const DecideToolCall: Operation<DecideToolCallData, DecideToolCallVariables> = {
  name: 'DecideToolCall',
  query: `mutation DecideToolCall($input: ResolveToolCallInput!) {
  resolveToolCall(input: $input) {
    toolCall {
      ...ToolCallFields
    }
  }
}
fragment ToolCallFields on ToolCall {
  id
  tool
  status
  approval {
    approver
    arguments {
      name
      text
    }
    argumentsDigest
    expiresAt
  }
  durationMs
  requestedAt
}`,
};
export type RateMessageData = {
  rateMessage: {
    message: {
      id: string;
      rating: {
        value: RatingValue;
        comment: string | null;
      } | null;
    };
  };
};
export type RateMessageVariables = {
  input: RateMessageInput;
};
export const RateMessage: Operation<RateMessageData, RateMessageVariables> = {
  name: 'RateMessage',
  query: `mutation RateMessage($input: RateMessageInput!) {
  rateMessage(input: $input) {
    message {
      id
      rating {
        value
        comment
      }
    }
  }
}`,
};
export type SessionExpiryData = {
  viewer: {
    role: Role;
    session: {
      id: string;
      expiresAt: string;
    } | null;
  };
};
export type SessionExpiryVariables = {
};
export const SessionExpiry: Operation<SessionExpiryData, SessionExpiryVariables> = {
  name: 'SessionExpiry',
  query: `query SessionExpiry {
  viewer {
    role
    session {
      id
      expiresAt
    }
  }
}`,
};
export type RenewSessionData = {
  renewSession: {
    session: {
      id: string;
      expiresAt: string;
    };
  };
};
export type RenewSessionVariables = {
  input: RenewSessionInput;
};
export const RenewSession: Operation<RenewSessionData, RenewSessionVariables> = {
  name: 'RenewSession',
  query: `mutation RenewSession($input: RenewSessionInput!) {
  renewSession(input: $input) {
    session {
      id
      expiresAt
    }
  }
}`,
};
export type CreateSessionData = {
  createSession: {
    token: string;
    session: {
      id: string;
      expiresAt: string;
    };
  };
};
export type CreateSessionVariables = {
  input: CreateSessionInput;
};
export const CreateSession: Operation<CreateSessionData, CreateSessionVariables> = {
  name: 'CreateSession',
  query: `mutation CreateSession($input: CreateSessionInput!) {
  createSession(input: $input) {
    token
    session {
      id
      expiresAt
    }
  }
}`,
};
export type StartPublicSessionData = {
  startPublicSession: {
    token: string;
    session: {
      id: string;
      expiresAt: string;
    };
  };
};
export type StartPublicSessionVariables = {
  input: StartPublicSessionInput;
};
export const StartPublicSession: Operation<StartPublicSessionData, StartPublicSessionVariables> = {
  name: 'StartPublicSession',
  query: `mutation StartPublicSession($input: StartPublicSessionInput!) {
  startPublicSession(input: $input) {
    token
    session {
      id
      expiresAt
    }
  }
}`,
};
