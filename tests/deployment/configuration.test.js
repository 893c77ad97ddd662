// The defaults in docs/configuration.md are those of app.yaml, which a test of the program compares with the program.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { text } from './repository.js';

// app.yaml with its commented-out defaults put in; examples stay comments.
function defaults() {
  const lines = text('app.yaml').split('\n').map((line) => {
    const [, indent, setting] = line.match(/^( *)# ?( *[a-z0-9_]+:(?: .*)?)$/) ?? [];
    const isDefault = setting !== undefined && !line.includes('an example') && !line.includes('…');
    return isDefault ? `${indent}${setting}` : line;
  });
  return parse(lines.join('\n'));
}

const at = (settings, path) => path.split('.').reduce((found, name) => found?.[name], settings);

// Each path in the table of settings with its default, as far as it begins with a number or is true or false.
function documented() {
  const found = [];
  for (const line of text('docs/configuration.md').split('\n')) {
    const [, variable = '', path = '', value = ''] = line.split('|').map((cell) => cell.trim());
    if (!/TROUPE_/.test(variable) || !path.startsWith('`')) continue;
    const name = path.slice(1, -1);
    if (name.startsWith('quotas.<tier>')) {
      const given = value.replace(' each', '').split(', ').map(Number);
      ['entry', 'standard', 'premium'].forEach((tier, index) => found.push([name.replace('<tier>', tier), given[index] ?? given[0]]));
    } else if (/^`?(true|false)`?/.test(value)) {
      // `true` for `troupe dev`, otherwise `false`: app.yaml shows what holds otherwise
      found.push([name, (value.match(/otherwise `(true|false)`/) ?? value.match(/(true|false)/))[1] === 'true']);
    } else if (/^\d/.test(value)) {
      found.push([name, Number(value.match(/^\d+/)[0])]);
    }
  }
  return found;
}

test('every default that docs/configuration.md states is that of app.yaml', () => {
  const settings = defaults();
  const stated = documented();
  assert.ok(stated.length > 60, `${stated.length} defaults`);
  const wrong = stated.filter(([path, value]) => at(settings, path) !== value);
  assert.deepEqual(wrong.map(([path, value]) => `${path}: ${value} in the page, ${at(settings, path)} in app.yaml`), []);
});
