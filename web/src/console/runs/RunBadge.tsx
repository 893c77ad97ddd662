// What became of a run.
import { useStrings } from '../strings';
import { Badge } from '../ui/Status';
import type { RunStatus } from './operations.generated';

const KINDS = { QUEUED: 'plain', RUNNING: 'info', AWAITING_APPROVAL: 'warn', SUCCEEDED: 'good', FAILED: 'bad', CANCELLED: 'plain' } as const;

export function RunBadge({ status }: { readonly status: RunStatus }) {
  const t = useStrings();
  return <Badge kind={KINDS[status]}>{t.runs.status[status]}</Badge>;
}
