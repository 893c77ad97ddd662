// Der Rahmen: Navigation, Anmeldung, was jede Seite sagt.

export const common = {
  loading: 'Lädt',
  back: 'Zurück',
  close: 'Schließen',
  cancel: 'Abbrechen',
  save: 'Speichern',
  delete: 'Löschen',
  clear: 'Leeren',
  copy: 'Kopieren',
  copied: 'Kopiert',
  more: 'Mehr anzeigen',
  tryAgain: 'Noch einmal',
  reload: 'Seite neu laden',
  none: 'Keine',
  yes: 'Ja',
  no: 'Nein',
  reference: (id: string) => `Im Protokoll des Servers steht mehr unter ${id}.`,
};

export const errors = {
  network: 'Der Server antwortet nicht. Was Sie sehen, kann veraltet sein.',
  internal: 'Im Server ist etwas schiefgegangen.',
  page: 'Diese Seite ist gescheitert.',
  copy: 'Es ließ sich nicht kopieren. Markieren Sie den Text, und kopieren Sie ihn von Hand.',
};

export const nav = {
  chat: 'Chat',
  agents: 'Agenten',
  knowledge: 'Wissen',
  tools: 'Werkzeuge',
  approvals: 'Freigaben',
  people: 'Personen',
  runs: 'Läufe',
  usage: 'Verbrauch',
  audit: 'Audit',
  settings: 'Einstellungen',
  accounts: 'Konten',
  templates: 'Vorlagen',
  health: 'Zustand',
  explorer: 'Explorer',
};

export const roles = {
  OPERATOR: 'Betreiber',
  OWNER: 'Inhaber',
  ADMIN: 'Verwalter',
  MEMBER: 'Mitglied',
  READER: 'Leser',
  END_USER: 'Endnutzer',
};

export const shell = {
  skip: 'Zum Inhalt springen',
  menu: 'Menü',
  pages: 'Seiten',
  theme: 'Darstellung',
  themes: { system: 'Wie das System', light: 'Hell', dark: 'Dunkel' },
  language: 'Sprache',
  signOut: 'Abmelden',
  leaveAccount: 'Konto verlassen',
  offline: 'Sie sind offline. Die Seite macht weiter, sobald die Verbindung wieder da ist.',
  notFound: 'Seite nicht gefunden',
  notFoundText: 'Unter dieser Adresse ist nichts.',
};

export const signIn = {
  title: 'Bei Troupe anmelden',
  intro: 'Die Konsole arbeitet mit einem API-Schlüssel Ihres Kontos.',
  key: 'API-Schlüssel',
  account: 'Konto',
  accountHint: 'Der Schlüssel eines Betreibers handelt in diesem Konto. Leer: die Konten, Vorlagen und der Zustand der Installation.',
  operator: 'Ich bin Betreiber',
  action: 'Anmelden',
  pending: 'Meldet an',
  where: 'Wo finde ich einen Schlüssel?',
  whereDev: 'Auf Ihrem Rechner: „make run“ und „troupe dev“ geben eine Adresse aus, in der er steht. Er steht auch in data/dev.json.',
  whereAccount: 'In einem Konto: Ein Inhaber legt Schlüssel unter Einstellungen an, oder mit der Mutation createApiKey.',
  kept: 'Der Schlüssel bleibt in diesem Tab und ist weg, wenn der Tab geschlossen wird.',
};
