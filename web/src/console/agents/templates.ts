// The templates of which an agent can be made: of each name, its newest version.
import { useCallback, useEffect, useState } from 'react';
import { type Client, type OperationResult, useClient } from 'urql';

import { errorOf } from '../ui/errors';
import { TemplatesDocument, type TemplatesQuery } from './operations.generated';

export type Template = TemplatesQuery['agentTemplates']['nodes'][number];

export interface Templates {
  /** Null until every page is read. */
  readonly templates: readonly Template[] | null;
  readonly error: Error | null;
  reload(): void;
}

export function useTemplates(): Templates {
  const client = useClient();
  const [state, setState] = useState<Pick<Templates, 'templates' | 'error'>>({ templates: null, error: null });
  const [count, setCount] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    everyVersion(client).then(
      (found) => isCurrent && setState({ templates: newest(found), error: null }),
      (error: unknown) => isCurrent && setState({ templates: null, error: errorOf(error) }),
    );
    return () => {
      isCurrent = false;
    };
  }, [client, count]);
  const reload = useCallback(() => setCount((known) => known + 1), []);
  return { ...state, reload };
}

async function everyVersion(client: Client): Promise<readonly Template[]> {
  const found: Template[] = [];
  let after: string | null = null;
  do {
    const result: OperationResult<TemplatesQuery> = await client.query(TemplatesDocument, { after }, { requestPolicy: 'network-only' }).toPromise();
    if (!result.data) throw result.error;
    const page: TemplatesQuery['agentTemplates'] = result.data.agentTemplates;
    found.push(...page.nodes);
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null);
  return found;
}

/** Of each name its newest version that is not deprecated, which is the one that the server would take. */
export function newest<One extends Pick<Template, 'id' | 'versions'>>(templates: readonly One[]): readonly One[] {
  return templates.filter(({ id, versions }) => versions.find(({ deprecatedAt }) => deprecatedAt === null)?.id === id);
}
