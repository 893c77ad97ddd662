// The agents as a hook.
import { type AgentFields, TroupeError } from '@troupe/client';
import { useCallback, useEffect, useState } from 'react';

import { useTroupe } from './provider.js';

export interface AgentsState {
  readonly agents: readonly AgentFields[];
  readonly isLoading: boolean;
  readonly error: TroupeError | null;
  readonly reload: () => void;
}

/** The agents that the person may talk to. */
export function useAgents(): AgentsState {
  const client = useTroupe();
  const [loads, setLoads] = useState(0);
  const [state, setState] = useState<Omit<AgentsState, 'reload'>>({ agents: [], isLoading: true, error: null });
  const reload = useCallback(() => setLoads((count) => count + 1), []);
  useEffect(() => {
    let isCurrent = true;
    client.agents().then(
      (agents) => isCurrent && setState({ agents, isLoading: false, error: null }),
      (thrown: unknown) => isCurrent && setState((known) => ({ ...known, isLoading: false, error: TroupeError.from(thrown) })),
    );
    return () => {
      isCurrent = false;
    };
  }, [client, loads]);
  return { ...state, reload };
}
