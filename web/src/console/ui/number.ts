// Numbers as people type them.

/** The number of a text; null for an empty one, NaN for one that is no number. */
export function numberOf(text: string): number | null {
  const trimmed = text.trim().replace(',', '.');
  if (trimmed === '') return null;
  return Number(trimmed);
}

/** A share of a text in percent: "10" is 0.1. */
export function shareOf(text: string): number | null {
  const percent = numberOf(text);
  // 7 % is 0.07, and not 0.07000000000000001
  return percent === null ? null : Number((percent / 100).toPrecision(12));
}

/** A share as a text in percent. */
export function percentText(share: number | null | undefined): string {
  return share === null || share === undefined ? '' : String(Number((share * 100).toPrecision(12)));
}

export function isWrong(value: number | null): boolean {
  return value !== null && Number.isNaN(value);
}
