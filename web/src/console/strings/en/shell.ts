// The frame: navigation, sign-in, what every page says.

export const common = {
  loading: 'Loading',
  back: 'Back',
  close: 'Close',
  cancel: 'Cancel',
  save: 'Save',
  delete: 'Delete',
  clear: 'Clear',
  copy: 'Copy',
  copied: 'Copied',
  more: 'Show more',
  tryAgain: 'Try again',
  reload: 'Reload the page',
  none: 'None',
  yes: 'Yes',
  no: 'No',
  reference: (id: string) => `The server’s log has more under ${id}.`,
};

export const errors = {
  network: 'The server does not answer. What you see may be out of date.',
  internal: 'Something went wrong in the server.',
  page: 'This page failed.',
  copy: 'It could not be copied. Select the text, and copy it by hand.',
};

export const nav = {
  chat: 'Chat',
  agents: 'Agents',
  knowledge: 'Knowledge',
  tools: 'Tools',
  approvals: 'Approvals',
  people: 'People',
  runs: 'Runs',
  usage: 'Usage',
  audit: 'Audit',
  settings: 'Settings',
  accounts: 'Accounts',
  templates: 'Templates',
  health: 'Health',
  explorer: 'Explorer',
};

export const roles = {
  OPERATOR: 'Operator',
  OWNER: 'Owner',
  ADMIN: 'Administrator',
  MEMBER: 'Member',
  READER: 'Reader',
  END_USER: 'End user',
};

export const shell = {
  skip: 'Skip to the content',
  menu: 'Menu',
  pages: 'Pages',
  theme: 'Appearance',
  themes: { system: 'As the system', light: 'Light', dark: 'Dark' },
  language: 'Language',
  signOut: 'Sign out',
  leaveAccount: 'Leave the account',
  offline: 'You are offline. The page goes on when the connection is back.',
  notFound: 'Page not found',
  notFoundText: 'There is nothing at this address.',
};

export const signIn = {
  title: 'Sign in to Troupe',
  intro: 'The console works with an API key of your account.',
  key: 'API key',
  account: 'Account',
  accountHint: 'An operator’s key acts in this account. Leave it empty for the accounts, templates and health of the installation.',
  operator: 'I am an operator',
  action: 'Sign in',
  pending: 'Signing in',
  where: 'Where do I find a key?',
  whereDev: 'On your own machine: “make run” and “troupe dev” print an address with the key in it. The key is also in data/dev.json.',
  whereAccount: 'In an account: an owner creates keys under Settings, or with the mutation createApiKey.',
  kept: 'The key stays in this tab and is gone when the tab is closed.',
};
