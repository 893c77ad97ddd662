// The claims of tokens that Troupe reads.

export type ClaimName = 'endUser' | 'displayName' | 'agents' | 'messagesPerMinute';

export type Claims = Readonly<Partial<Record<ClaimName, string>>>;

/** Each with its words, and what is read when nothing is said. */
export const CLAIMS = [
  { name: 'endUser', label: 'claimEndUser', hint: null, usual: 'sub' },
  { name: 'displayName', label: 'claimName', hint: null, usual: 'name' },
  { name: 'agents', label: 'claimAgents', hint: 'claimAgentsHint', usual: '' },
  { name: 'messagesPerMinute', label: 'claimRate', hint: 'claimRateHint', usual: '' },
] as const satisfies readonly { name: ClaimName; label: string; hint: string | null; usual: string }[];

/** The algorithms that may sign, and those that may when nothing is said. */
export const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA'] as const;
export const USUAL_ALGORITHMS: readonly string[] = ['RS256', 'ES256', 'EdDSA'];

export function claimsOf(value: unknown): Claims {
  const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(members.filter((member): member is [string, string] => typeof member[1] === 'string'));
}

/** Only what was written is sent. */
export function claimsInput(claims: Claims): Claims | null {
  const written = Object.entries(claims).filter(([, claim]) => claim.trim() !== '');
  return written.length > 0 ? Object.fromEntries(written.map(([name, claim]) => [name, claim.trim()])) : null;
}
