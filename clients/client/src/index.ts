export { TroupeClient, type ExecuteOptions, type TroupeOptions } from './client.js';
export {
  Conversation,
  type ConversationOptions,
  type ConversationState,
} from './conversation/conversation.js';
export type { ChatCitation, ChatMessage, MessageStatus, Part } from './conversation/message.js';
export { ConversationList, type ConversationListOptions, type ConversationListState } from './conversation-list.js';
export { TroupeError, type Reason } from './errors.js';
export * from './generated.js';
export type { GetSession, SessionToken } from './session.js';
export { Store } from './store.js';
export type { SubscriptionSink } from './subscription.js';
export { uuid } from './uuid.js';
