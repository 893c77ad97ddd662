// Whether an agent can answer now.
import { useStrings } from '../strings';
import { Badge } from '../ui/Status';
import type { AvailabilityState } from './operations.generated';

const KINDS = { AVAILABLE: 'good', DEGRADED: 'warn', UNAVAILABLE: 'bad' } as const;

export function AvailabilityBadge({ availability: { state } }: { readonly availability: { readonly state: AvailabilityState } }) {
  const t = useStrings();
  return <Badge kind={KINDS[state]}>{t.availability[state]}</Badge>;
}
