// Made by `npm run generate` of operations.graphql 340dc7a3ff52d5bf77cd79257234f7a5b8c3cf7a7454695e2c484f3ac88e12dd; do not edit.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** The new vector store of an agent. */
export type ChangeVectorStoreInput = {
  /** The agent. */
  agentId: string;
  /** The kind of store. */
  kind: VectorStoreKind;
  /** The account's own Pinecone key, stored encrypted and never returned. Default: the operator's key. */
  pineconeApiKey?: string | null | undefined;
};

/** The state of a vector store migration. */
export type MigrationState =
  /** Vectors are copied to the new store. */
  | 'COPYING'
  /** Searches use the new store. */
  | 'DONE'
  /** Searches continue to use the old store. */
  | 'FAILED'
  /** The two stores are compared. */
  | 'VERIFYING';

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

export type AgentVectorsQueryVariables = Exact<{
  id: string;
}>;


export type AgentVectorsQuery = { agent: { id: string, vectorStore: { kind: VectorStoreKind, indexName: string | null, namespace: string | null, dimensions: number, embeddingModel: string, passageCount: number, migration: { from: VectorStoreKind, to: VectorStoreKind, copied: number, total: number, state: MigrationState, error: string | null } | null } } | null };

export type VectorsFragment = { kind: VectorStoreKind, indexName: string | null, namespace: string | null, dimensions: number, embeddingModel: string, passageCount: number, migration: { from: VectorStoreKind, to: VectorStoreKind, copied: number, total: number, state: MigrationState, error: string | null } | null };

export type ChangeVectorStoreMutationVariables = Exact<{
  input: ChangeVectorStoreInput;
}>;


export type ChangeVectorStoreMutation = { changeVectorStore: { agent: { id: string, vectorStore: { kind: VectorStoreKind, indexName: string | null, namespace: string | null, dimensions: number, embeddingModel: string, passageCount: number, migration: { from: VectorStoreKind, to: VectorStoreKind, copied: number, total: number, state: MigrationState, error: string | null } | null } } } };

export const VectorsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Vectors"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"VectorStore"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"indexName"}},{"kind":"Field","name":{"kind":"Name","value":"namespace"}},{"kind":"Field","name":{"kind":"Name","value":"dimensions"}},{"kind":"Field","name":{"kind":"Name","value":"embeddingModel"}},{"kind":"Field","name":{"kind":"Name","value":"passageCount"}},{"kind":"Field","name":{"kind":"Name","value":"migration"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"from"}},{"kind":"Field","name":{"kind":"Name","value":"to"}},{"kind":"Field","name":{"kind":"Name","value":"copied"}},{"kind":"Field","name":{"kind":"Name","value":"total"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"error"}}]}}]}}]} as unknown as DocumentNode<VectorsFragment, unknown>;
export const AgentVectorsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"AgentVectors"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"agent"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"by"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"vectorStore"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Vectors"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Vectors"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"VectorStore"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"indexName"}},{"kind":"Field","name":{"kind":"Name","value":"namespace"}},{"kind":"Field","name":{"kind":"Name","value":"dimensions"}},{"kind":"Field","name":{"kind":"Name","value":"embeddingModel"}},{"kind":"Field","name":{"kind":"Name","value":"passageCount"}},{"kind":"Field","name":{"kind":"Name","value":"migration"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"from"}},{"kind":"Field","name":{"kind":"Name","value":"to"}},{"kind":"Field","name":{"kind":"Name","value":"copied"}},{"kind":"Field","name":{"kind":"Name","value":"total"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"error"}}]}}]}}]} as unknown as DocumentNode<AgentVectorsQuery, AgentVectorsQueryVariables>;
export const ChangeVectorStoreDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ChangeVectorStore"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ChangeVectorStoreInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"changeVectorStore"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"agent"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"vectorStore"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Vectors"}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Vectors"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"VectorStore"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"indexName"}},{"kind":"Field","name":{"kind":"Name","value":"namespace"}},{"kind":"Field","name":{"kind":"Name","value":"dimensions"}},{"kind":"Field","name":{"kind":"Name","value":"embeddingModel"}},{"kind":"Field","name":{"kind":"Name","value":"passageCount"}},{"kind":"Field","name":{"kind":"Name","value":"migration"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"from"}},{"kind":"Field","name":{"kind":"Name","value":"to"}},{"kind":"Field","name":{"kind":"Name","value":"copied"}},{"kind":"Field","name":{"kind":"Name","value":"total"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"error"}}]}}]}}]} as unknown as DocumentNode<ChangeVectorStoreMutation, ChangeVectorStoreMutationVariables>;