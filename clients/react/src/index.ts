export { useAgents, type AgentsState } from './agents.js';
export { useConversation } from './conversation.js';
export { useConversations } from './conversations.js';
export { TroupeProvider, useTroupe } from './provider.js';
