"""Made from schema.graphql by `npm run generate`; a test compares it. Do not edit."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict


AgentStatus: TypeAlias = Literal["CONFIGURING", "ACTIVE", "SUSPENDED"]


AvailabilityState: TypeAlias = Literal["AVAILABLE", "DEGRADED", "UNAVAILABLE"]


class CancelRunInput(TypedDict):
    runId: str


class ChatInput(TypedDict):
    message: str
    agentId: NotRequired[str | None]
    conversationId: NotRequired[str | None]
    endUser: NotRequired[str | None]
    context: NotRequired[Any | None]
    clientMessageId: NotRequired[str | None]
    allowTools: NotRequired[list[str] | None]
    private: NotRequired[bool]


ConversationChangeKind: TypeAlias = Literal["CREATED", "UPDATED", "ANSWERED", "DELETED"]


class ConversationFilter(TypedDict):
    agentId: NotRequired[str | None]
    endUser: NotRequired[str | None]
    search: NotRequired[str | None]
    archived: NotRequired[bool | None]
    updatedAfter: NotRequired[str | None]
    updatedBefore: NotRequired[str | None]


class ConversationOrder(TypedDict):
    field: ConversationOrderField
    direction: OrderDirection


ConversationOrderField: TypeAlias = Literal["UPDATED_AT", "CREATED_AT"]


class CreateSessionInput(TypedDict):
    endUser: str
    displayName: NotRequired[str | None]
    agentIds: NotRequired[list[str] | None]
    origins: NotRequired[list[str] | None]
    expiresInSeconds: NotRequired[int | None]
    messagesPerMinute: NotRequired[int | None]
    tokens: NotRequired[int | None]
    trainingConsent: NotRequired[bool | None]


class DeleteConversationInput(TypedDict):
    id: str


class EditMessageInput(TypedDict):
    messageId: str
    message: str
    clientMessageId: str


ErrorCode: TypeAlias = Literal["UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND", "BAD_USER_INPUT", "CONFLICT", "RATE_LIMITED", "QUOTA_EXCEEDED", "UNAVAILABLE", "TOO_COMPLEX", "CONTENT_FILTERED", "TOO_LONG", "PROVIDER_REFUSED", "TIMEOUT", "INTERNAL", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "PERSISTED_QUERY_NOT_FOUND"]


FinishReason: TypeAlias = Literal["STOP", "LENGTH", "CONTENT_FILTER", "TOOL_LIMIT", "BUDGET", "CANCELLED", "ERROR"]


MessageRole: TypeAlias = Literal["USER", "ASSISTANT"]


OrderDirection: TypeAlias = Literal["ASC", "DESC"]


class RateMessageInput(TypedDict):
    messageId: str
    value: RatingValue
    comment: NotRequired[str | None]


RatingValue: TypeAlias = Literal["UP", "DOWN"]


class RegenerateMessageInput(TypedDict):
    messageId: str
    clientMessageId: str


class RenewSessionInput(TypedDict):
    token: str


class ResolveToolCallInput(TypedDict):
    toolCallId: str
    approve: bool
    endUser: NotRequired[str | None]
    argumentsDigest: str
    comment: NotRequired[str | None]


Role: TypeAlias = Literal["OPERATOR", "OWNER", "ADMIN", "MEMBER", "READER", "END_USER"]


RouteReason: TypeAlias = Literal["REQUESTED", "CONVERSATION", "INTENT", "FALLBACK", "HANDOFF"]


RunStatus: TypeAlias = Literal["QUEUED", "RUNNING", "AWAITING_APPROVAL", "SUCCEEDED", "FAILED", "CANCELLED"]


class SelectAlternativeInput(TypedDict):
    messageId: str


class StartPublicSessionInput(TypedDict):
    agentId: str
    token: NotRequired[str | None]


ToolApprover: TypeAlias = Literal["STAFF", "END_USER"]


ToolCallStatus: TypeAlias = Literal["AWAITING_APPROVAL", "RUNNING", "SUCCEEDED", "FAILED", "DENIED", "EXPIRED"]


class UpdateConversationInput(TypedDict):
    id: str
    title: NotRequired[str | None]
    archived: NotRequired[bool | None]
    metadata: NotRequired[Any | None]
    read: NotRequired[bool | None]


class ApprovalFieldsApprovalArguments(TypedDict):
    name: str
    text: str


class ApprovalFieldsApproval(TypedDict):
    approver: ToolApprover
    arguments: list[ApprovalFieldsApprovalArguments] | None
    argumentsDigest: str
    expiresAt: str | None


class ApprovalFieldsRunConversation(TypedDict):
    id: str


class ApprovalFieldsRunAgent(TypedDict):
    id: str
    name: str


class ApprovalFieldsRun(TypedDict):
    id: str
    conversation: ApprovalFieldsRunConversation
    agent: ApprovalFieldsRunAgent | None


class ApprovalFields(TypedDict):
    id: str
    tool: str
    status: ToolCallStatus
    approval: ApprovalFieldsApproval | None
    durationMs: int | None
    requestedAt: str
    arguments: Any
    argumentsDigest: str
    expiresAt: str | None
    resolvedBy: str | None
    run: ApprovalFieldsRun


class AgentFieldsAvailability(TypedDict):
    state: AvailabilityState


class AgentFieldsCapabilitiesSkills(TypedDict):
    id: str
    name: str
    description: str
    examples: list[str]


class AgentFieldsCapabilities(TypedDict):
    skills: list[AgentFieldsCapabilitiesSkills]


class AgentFields(TypedDict):
    id: str
    slug: str
    name: str
    description: str
    status: AgentStatus
    availability: AgentFieldsAvailability
    capabilities: AgentFieldsCapabilities


class PassageFieldsDocument(TypedDict):
    id: str
    title: str


class PassageFields(TypedDict):
    text: str
    headings: list[str]
    position: int
    document: PassageFieldsDocument


class CitationFields(TypedDict):
    number: int
    start: int
    end: int
    utf16Start: int
    utf16End: int
    passage: PassageFields


class ToolCallFieldsApprovalArguments(TypedDict):
    name: str
    text: str


class ToolCallFieldsApproval(TypedDict):
    approver: ToolApprover
    arguments: list[ToolCallFieldsApprovalArguments] | None
    argumentsDigest: str
    expiresAt: str | None


class ToolCallFields(TypedDict):
    id: str
    tool: str
    status: ToolCallStatus
    approval: ToolCallFieldsApproval | None
    durationMs: int | None
    requestedAt: str


class MessageFieldsAgent(TypedDict):
    id: str
    name: str


class MessageFieldsRun(TypedDict):
    id: str
    status: RunStatus


class MessageFieldsRating(TypedDict):
    value: RatingValue
    comment: str | None


class MessageFieldsPartsTextPart(TypedDict):
    __typename: Literal["TextPart"]
    text: str
    offset: int
    utf16Offset: int


class MessageFieldsPartsReasoningPart(TypedDict):
    __typename: Literal["ReasoningPart"]
    text: str


class MessageFieldsPartsToolCallPart(TypedDict):
    __typename: Literal["ToolCallPart"]
    offset: int
    utf16Offset: int
    toolCall: ToolCallFields


class MessageFieldsPartsSourcePart(TypedDict):
    __typename: Literal["SourcePart"]
    number: int
    offset: int
    utf16Offset: int
    passage: PassageFields


MessageFieldsParts: TypeAlias = "MessageFieldsPartsTextPart | MessageFieldsPartsReasoningPart | MessageFieldsPartsToolCallPart | MessageFieldsPartsSourcePart"


class MessageFieldsAlternatives(TypedDict):
    id: str


class MessageFields(TypedDict):
    id: str
    role: MessageRole
    text: str
    finishReason: FinishReason | None
    createdAt: str
    agent: MessageFieldsAgent | None
    run: MessageFieldsRun | None
    rating: MessageFieldsRating | None
    parts: list[MessageFieldsParts]
    citations: list[CitationFields]
    alternatives: list[MessageFieldsAlternatives]


class RunFieldsError(TypedDict):
    code: ErrorCode
    message: str


class RunFieldsUserMessage(TypedDict):
    id: str


class RunFields(TypedDict):
    id: str
    status: RunStatus
    attempt: int
    error: RunFieldsError | None
    userMessage: RunFieldsUserMessage


class ConversationFieldsAgent(TypedDict):
    id: str
    name: str


class ConversationFieldsLastMessage(TypedDict):
    id: str
    role: MessageRole
    text: str
    createdAt: str


class ConversationFieldsActiveRun(TypedDict):
    id: str
    status: RunStatus


class ConversationFields(TypedDict):
    id: str
    title: str | None
    agent: ConversationFieldsAgent | None
    archivedAt: str | None
    metadata: Any
    messageCount: int
    unread: bool
    lastMessage: ConversationFieldsLastMessage | None
    activeRun: ConversationFieldsActiveRun | None
    createdAt: str
    updatedAt: str


class RunEventFieldsAgentSelectedRouteAgent(TypedDict):
    id: str
    name: str


class RunEventFieldsAgentSelectedRoute(TypedDict):
    agent: RunEventFieldsAgentSelectedRouteAgent
    reason: RouteReason


class RunEventFieldsAgentSelected(TypedDict):
    __typename: Literal["AgentSelected"]
    runId: str
    cursor: str
    sequence: int
    at: str
    route: RunEventFieldsAgentSelectedRoute


class RunEventFieldsHandedOffHandoffTo(TypedDict):
    id: str
    name: str


class RunEventFieldsHandedOffHandoff(TypedDict):
    id: str
    to: RunEventFieldsHandedOffHandoffTo | None


class RunEventFieldsHandedOff(TypedDict):
    __typename: Literal["HandedOff"]
    runId: str
    cursor: str
    sequence: int
    at: str
    handoff: RunEventFieldsHandedOffHandoff


class RunEventFieldsKnowledgeRetrieved(TypedDict):
    __typename: Literal["KnowledgeRetrieved"]
    runId: str
    cursor: str
    sequence: int
    at: str


class RunEventFieldsMessageAdded(TypedDict):
    __typename: Literal["MessageAdded", "RunSucceeded"]
    runId: str
    cursor: str
    sequence: int
    at: str
    message: MessageFields


class RunEventFieldsReasoningDelta(TypedDict):
    __typename: Literal["ReasoningDelta"]
    runId: str
    cursor: str
    sequence: int
    at: str
    text: str


class RunEventFieldsRunCancelled(TypedDict):
    __typename: Literal["RunCancelled"]
    runId: str
    cursor: str
    sequence: int
    at: str
    partial: MessageFields | None


class RunEventFieldsRunFailedError(TypedDict):
    code: ErrorCode
    message: str


class RunEventFieldsRunFailed(TypedDict):
    __typename: Literal["RunFailed"]
    runId: str
    cursor: str
    sequence: int
    at: str
    error: RunEventFieldsRunFailedError
    partial: MessageFields | None


class RunEventFieldsRunProgress(TypedDict):
    __typename: Literal["RunProgress"]
    runId: str
    cursor: str
    sequence: int
    at: str
    stage: str


class RunEventFieldsRunStarted(TypedDict):
    __typename: Literal["RunStarted"]
    runId: str
    cursor: str
    sequence: int
    at: str
    attempt: int
    run: RunFields


class RunEventFieldsTokenDelta(TypedDict):
    __typename: Literal["TokenDelta"]
    runId: str
    cursor: str
    sequence: int
    at: str
    text: str
    offset: int
    utf16Offset: int


class RunEventFieldsToolCallUpdated(TypedDict):
    __typename: Literal["ToolCallUpdated"]
    runId: str
    cursor: str
    sequence: int
    at: str
    toolCall: ToolCallFields


RunEventFields: TypeAlias = "RunEventFieldsAgentSelected | RunEventFieldsHandedOff | RunEventFieldsKnowledgeRetrieved | RunEventFieldsMessageAdded | RunEventFieldsReasoningDelta | RunEventFieldsRunCancelled | RunEventFieldsRunFailed | RunEventFieldsRunProgress | RunEventFieldsRunStarted | RunEventFieldsTokenDelta | RunEventFieldsToolCallUpdated"


class SentRunConversation(TypedDict):
    id: str


class SentRun(TypedDict):
    id: str
    status: RunStatus
    conversation: SentRunConversation
    userMessage: MessageFields


class AgentsDataAgentsPageInfo(TypedDict):
    hasNextPage: bool
    endCursor: str | None


class AgentsDataAgents(TypedDict):
    nodes: list[AgentFields]
    pageInfo: AgentsDataAgentsPageInfo


class AgentsData(TypedDict):
    agents: AgentsDataAgents


class AgentsVariables(TypedDict):
    first: NotRequired[int | None]
    after: NotRequired[str | None]


class PendingApprovalsDataPendingApprovalsPageInfo(TypedDict):
    hasNextPage: bool
    endCursor: str | None


class PendingApprovalsDataPendingApprovals(TypedDict):
    nodes: list[ApprovalFields]
    pageInfo: PendingApprovalsDataPendingApprovalsPageInfo


class PendingApprovalsData(TypedDict):
    pendingApprovals: PendingApprovalsDataPendingApprovals


class PendingApprovalsVariables(TypedDict):
    first: NotRequired[int | None]
    after: NotRequired[str | None]


class ResolveToolCallDataResolveToolCall(TypedDict):
    toolCall: ApprovalFields


class ResolveToolCallData(TypedDict):
    resolveToolCall: ResolveToolCallDataResolveToolCall


class ResolveToolCallVariables(TypedDict):
    input: ResolveToolCallInput


class ToolApprovalsData(TypedDict):
    toolApprovals: ApprovalFields


class ToolApprovalsVariables(TypedDict):
    pass


class ConversationsDataConversationsPageInfo(TypedDict):
    hasNextPage: bool
    endCursor: str | None


class ConversationsDataConversations(TypedDict):
    totalCount: int
    nodes: list[ConversationFields]
    pageInfo: ConversationsDataConversationsPageInfo


class ConversationsData(TypedDict):
    conversations: ConversationsDataConversations


class ConversationsVariables(TypedDict):
    filter: NotRequired[ConversationFilter | None]
    orderBy: NotRequired[ConversationOrder | None]
    first: NotRequired[int | None]
    after: NotRequired[str | None]


class UpdateConversationDataUpdateConversation(TypedDict):
    conversation: ConversationFields


class UpdateConversationData(TypedDict):
    updateConversation: UpdateConversationDataUpdateConversation


class UpdateConversationVariables(TypedDict):
    input: UpdateConversationInput


class DeleteConversationDataDeleteConversation(TypedDict):
    deletedId: str


class DeleteConversationData(TypedDict):
    deleteConversation: DeleteConversationDataDeleteConversation


class DeleteConversationVariables(TypedDict):
    input: DeleteConversationInput


class ConversationChangedDataConversationChanged(TypedDict):
    kind: ConversationChangeKind
    conversationId: str
    conversation: ConversationFields | None


class ConversationChangedData(TypedDict):
    conversationChanged: ConversationChangedDataConversationChanged


class ConversationChangedVariables(TypedDict):
    endUser: NotRequired[str | None]


class HistoryDataConversationAgent(TypedDict):
    id: str
    name: str


class HistoryDataConversationLastMessage(TypedDict):
    id: str
    role: MessageRole
    text: str
    createdAt: str


class HistoryDataConversationActiveRun(TypedDict):
    id: str
    status: RunStatus


class HistoryDataConversationMessagesPageInfo(TypedDict):
    hasPreviousPage: bool
    startCursor: str | None


class HistoryDataConversationMessages(TypedDict):
    nodes: list[MessageFields]
    pageInfo: HistoryDataConversationMessagesPageInfo


class HistoryDataConversation(TypedDict):
    id: str
    title: str | None
    agent: HistoryDataConversationAgent | None
    archivedAt: str | None
    metadata: Any
    messageCount: int
    unread: bool
    lastMessage: HistoryDataConversationLastMessage | None
    activeRun: HistoryDataConversationActiveRun | None
    createdAt: str
    updatedAt: str
    messages: HistoryDataConversationMessages


class HistoryData(TypedDict):
    conversation: HistoryDataConversation | None


class HistoryVariables(TypedDict):
    conversationId: str
    last: int
    before: NotRequired[str | None]


class RunStateDataRunError(TypedDict):
    code: ErrorCode
    message: str


class RunStateDataRunUserMessage(TypedDict):
    id: str


class RunStateDataRun(TypedDict):
    id: str
    status: RunStatus
    attempt: int
    error: RunStateDataRunError | None
    userMessage: RunStateDataRunUserMessage
    message: MessageFields | None


class RunStateData(TypedDict):
    run: RunStateDataRun | None


class RunStateVariables(TypedDict):
    runId: str


class ConversationEventsData(TypedDict):
    conversationEvents: RunEventFields


class ConversationEventsVariables(TypedDict):
    conversationId: str
    after: NotRequired[str | None]


class SendMessageDataSendMessage(TypedDict):
    run: SentRun


class SendMessageData(TypedDict):
    sendMessage: SendMessageDataSendMessage


class SendMessageVariables(TypedDict):
    input: ChatInput


class RegenerateMessageDataRegenerateMessage(TypedDict):
    run: SentRun


class RegenerateMessageData(TypedDict):
    regenerateMessage: RegenerateMessageDataRegenerateMessage


class RegenerateMessageVariables(TypedDict):
    input: RegenerateMessageInput


class EditMessageDataEditMessage(TypedDict):
    run: SentRun


class EditMessageData(TypedDict):
    editMessage: EditMessageDataEditMessage


class EditMessageVariables(TypedDict):
    input: EditMessageInput


class SelectAlternativeDataSelectAlternative(TypedDict):
    __typename: Literal["SelectAlternativePayload"]


class SelectAlternativeData(TypedDict):
    selectAlternative: SelectAlternativeDataSelectAlternative


class SelectAlternativeVariables(TypedDict):
    input: SelectAlternativeInput


class CancelRunDataCancelRunRun(TypedDict):
    id: str
    status: RunStatus


class CancelRunDataCancelRun(TypedDict):
    run: CancelRunDataCancelRunRun


class CancelRunData(TypedDict):
    cancelRun: CancelRunDataCancelRun


class CancelRunVariables(TypedDict):
    input: CancelRunInput


class DecideToolCallDataResolveToolCall(TypedDict):
    toolCall: ToolCallFields


class DecideToolCallData(TypedDict):
    resolveToolCall: DecideToolCallDataResolveToolCall


class DecideToolCallVariables(TypedDict):
    input: ResolveToolCallInput


class RateMessageDataRateMessageMessageRating(TypedDict):
    value: RatingValue
    comment: str | None


class RateMessageDataRateMessageMessage(TypedDict):
    id: str
    rating: RateMessageDataRateMessageMessageRating | None


class RateMessageDataRateMessage(TypedDict):
    message: RateMessageDataRateMessageMessage


class RateMessageData(TypedDict):
    rateMessage: RateMessageDataRateMessage


class RateMessageVariables(TypedDict):
    input: RateMessageInput


class SessionExpiryDataViewerSession(TypedDict):
    id: str
    expiresAt: str


class SessionExpiryDataViewer(TypedDict):
    role: Role
    session: SessionExpiryDataViewerSession | None


class SessionExpiryData(TypedDict):
    viewer: SessionExpiryDataViewer


class SessionExpiryVariables(TypedDict):
    pass


class RenewSessionDataRenewSessionSession(TypedDict):
    id: str
    expiresAt: str


class RenewSessionDataRenewSession(TypedDict):
    session: RenewSessionDataRenewSessionSession


class RenewSessionData(TypedDict):
    renewSession: RenewSessionDataRenewSession


class RenewSessionVariables(TypedDict):
    input: RenewSessionInput


class CreateSessionDataCreateSessionSession(TypedDict):
    id: str
    expiresAt: str


class CreateSessionDataCreateSession(TypedDict):
    token: str
    session: CreateSessionDataCreateSessionSession


class CreateSessionData(TypedDict):
    createSession: CreateSessionDataCreateSession


class CreateSessionVariables(TypedDict):
    input: CreateSessionInput


class StartPublicSessionDataStartPublicSessionSession(TypedDict):
    id: str
    expiresAt: str


class StartPublicSessionDataStartPublicSession(TypedDict):
    token: str
    session: StartPublicSessionDataStartPublicSessionSession


class StartPublicSessionData(TypedDict):
    startPublicSession: StartPublicSessionDataStartPublicSession


class StartPublicSessionVariables(TypedDict):
    input: StartPublicSessionInput


AGENTS = """\
query Agents($first: Int, $after: String) {
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
}
"""

PENDING_APPROVALS = """\
query PendingApprovals($first: Int, $after: String) {
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
}
"""

RESOLVE_TOOL_CALL = """\
mutation ResolveToolCall($input: ResolveToolCallInput!) {
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
}
"""

TOOL_APPROVALS = """\
subscription ToolApprovals {
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
}
"""

CONVERSATIONS = """\
query Conversations($filter: ConversationFilter, $orderBy: ConversationOrder, $first: Int, $after: String) {
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
}
"""

UPDATE_CONVERSATION = """\
mutation UpdateConversation($input: UpdateConversationInput!) {
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
}
"""

DELETE_CONVERSATION = """\
mutation DeleteConversation($input: DeleteConversationInput!) {
  deleteConversation(input: $input) {
    deletedId
  }
}
"""

CONVERSATION_CHANGED = """\
subscription ConversationChanged($endUser: String) {
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
}
"""

HISTORY = """\
query History($conversationId: ID!, $last: Int!, $before: String) {
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
}
"""

RUN_STATE = """\
query RunState($runId: ID!) {
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
}
"""

CONVERSATION_EVENTS = """\
subscription ConversationEvents($conversationId: ID!, $after: String) {
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
}
"""

SEND_MESSAGE = """\
mutation SendMessage($input: ChatInput!) {
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
}
"""

REGENERATE_MESSAGE = """\
mutation RegenerateMessage($input: RegenerateMessageInput!) {
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
}
"""

EDIT_MESSAGE = """\
mutation EditMessage($input: EditMessageInput!) {
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
}
"""

SELECT_ALTERNATIVE = """\
mutation SelectAlternative($input: SelectAlternativeInput!) {
  selectAlternative(input: $input) {
    __typename
  }
}
"""

CANCEL_RUN = """\
mutation CancelRun($input: CancelRunInput!) {
  cancelRun(input: $input) {
    run {
      id
      status
    }
  }
}
"""

DECIDE_TOOL_CALL = """\
mutation DecideToolCall($input: ResolveToolCallInput!) {
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
}
"""

RATE_MESSAGE = """\
mutation RateMessage($input: RateMessageInput!) {
  rateMessage(input: $input) {
    message {
      id
      rating {
        value
        comment
      }
    }
  }
}
"""

SESSION_EXPIRY = """\
query SessionExpiry {
  viewer {
    role
    session {
      id
      expiresAt
    }
  }
}
"""

RENEW_SESSION = """\
mutation RenewSession($input: RenewSessionInput!) {
  renewSession(input: $input) {
    session {
      id
      expiresAt
    }
  }
}
"""

CREATE_SESSION = """\
mutation CreateSession($input: CreateSessionInput!) {
  createSession(input: $input) {
    token
    session {
      id
      expiresAt
    }
  }
}
"""

START_PUBLIC_SESSION = """\
mutation StartPublicSession($input: StartPublicSessionInput!) {
  startPublicSession(input: $input) {
    token
    session {
      id
      expiresAt
    }
  }
}
"""
