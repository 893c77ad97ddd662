// Made by `npm run generate` of operations.graphql 740db56fbb6bb9b3d6408041340fe8b2c67e6d89cd3c25ca0b2c34a2d35237c7; do not edit.
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

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer: { role: Role, apiKey: { id: string, name: string } | null, account: { id: string, name: string, tier: AccountTier, suspendedAt: string | null } | null } };


export const ViewerDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Viewer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"viewer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"role"}},{"kind":"Field","name":{"kind":"Name","value":"apiKey"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"account"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"tier"}},{"kind":"Field","name":{"kind":"Name","value":"suspendedAt"}}]}}]}}]}}]} as unknown as DocumentNode<ViewerQuery, ViewerQueryVariables>;