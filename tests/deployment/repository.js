// Files of the repository, and what its documentation says of the program's variables.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export const root = new URL('../../', import.meta.url);

export const text = (path) => readFileSync(new URL(path, root), 'utf8');

export const yaml = (path, change = (content) => content) => parse(change(text(path)), { merge: true });

// The variables in docs/configuration.md, which a test of the program compares with what it reads.
export const variables = new Set(text('docs/configuration.md').match(/TROUPE_[A-Z_]*[A-Z]/g));

// The default of a variable in docs/configuration.md.
export function documentedDefault(variable) {
  const row = text('docs/configuration.md').split('\n').find((line) => line.startsWith(`| \`${variable}\` |`));
  return row.split('|')[3].trim();
}
