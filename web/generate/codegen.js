// Writes `operations.generated.ts` beside each `operations.graphql` of the console: the documents, and their types.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = fileURLToPath(new URL('..', import.meta.url));
const pages = JSON.parse(readFileSync(new URL('pages.json', import.meta.url), 'utf8'));

const config = {
  enumType: 'string-literal',
  useTypeImports: true,
  skipTypename: false,
  nonOptionalTypename: false,
  dedupeFragments: true,
  documentMode: 'documentNode',
  strictScalars: true,
  scalars: { ID: 'string', BigInt: 'number', DateTime: 'string', JSON: 'unknown', Upload: 'never' },
};

export default {
  schema: join(web, '../schema.graphql'),
  generates: Object.fromEntries(
    pages.map((page) => [
      join(web, 'src/console', page, 'operations.generated.ts'),
      { documents: join(web, 'src/console', page, 'operations.graphql'), plugins: ['typescript-operations', 'typed-document-node'], config },
    ]),
  ),
};
