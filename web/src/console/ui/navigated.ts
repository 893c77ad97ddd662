// Whether the person has gone from one page to another since the console was loaded.

const first = location.pathname;
let isElsewhere = false;

export function hasNavigated(): boolean {
  isElsewhere ||= location.pathname !== first;
  return isElsewhere;
}
