/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** The role of a caller; each role of a key includes the permissions of the roles below it. */
export type Role =
  /** Manages the agents of one account. */
  | 'ADMIN'
  /** One person in a browser, in a session: chats, and sees only its own conversations. Never the role of a key. */
  | 'END_USER'
  /** Discovers agents and chats. */
  | 'MEMBER'
  /** Manages the platform: accounts, templates and global MCP servers; can act inside any account. */
  | 'OPERATOR'
  /** Manages one account, with its keys and billing. */
  | 'OWNER'
  /** Reads only. */
  | 'READER';

export type StubAuditQueryVariables = Exact<{ [key: string]: never; }>;


export type StubAuditQuery = { viewer: { role: Role } };


export const StubAuditDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"StubAudit"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"viewer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"role"}}]}}]}}]} as unknown as DocumentNode<StubAuditQuery, StubAuditQueryVariables>;