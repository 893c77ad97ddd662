// What makes Markdown of a model harmless: which addresses a link may have, and marks of citations instead of HTML.
import type { Root, RootContent, Text } from 'mdast';

const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:']);

/** The address if a link may lead there, or else nothing: no scripts, no data, and none of our own pages. */
export function safeAddress(address: string): string {
  // what a browser leaves out when it reads a scheme must not hide one
  const plain = address.replace(/[\u0000-\u0020\u007f-\u00a0\u200b-\u200f\u2028-\u202f\ufeff]/g, '');
  if (!/^[a-z][a-z0-9+.-]*:/i.test(plain)) return '';
  try {
    const url = new URL(plain);
    // an address of this console may carry somebody else's key
    if (!SCHEMES.has(url.protocol) || url.origin === globalThis.location?.origin) return '';
    return url.href;
  } catch {
    return '';
  }
}

/** A remark plugin: "[2]" becomes an element of its own where there is a citation 2. */
export function remarkCitations({ numbers }: { readonly numbers: readonly number[] }): (tree: Root) => void {
  const known = new Set(numbers);
  const walk = (node: { children: RootContent[] }): void => {
    node.children = node.children.flatMap((child) => {
      if (child.type === 'text') return split(child, known);
      if ('children' in child && child.type !== 'link') walk(child as { children: RootContent[] });
      return [child];
    });
  };
  return (tree) => {
    if (known.size > 0) walk(tree);
  };
}

function split({ value }: Text, known: ReadonlySet<number>): RootContent[] {
  const pieces = value.split(/(\[\d{1,3}\])/);
  return pieces.filter(Boolean).map((piece) => {
    const number = /^\[(\d{1,3})\]$/.exec(piece)?.[1];
    if (number === undefined || !known.has(Number(number))) return { type: 'text', value: piece };
    return { type: 'emphasis', children: [], data: { hName: 'cite', hProperties: { id: number }, hChildren: [{ type: 'text', value: number }] } };
  });
}
