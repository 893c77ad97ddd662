// Die Frage, bevor ein Link den Schlüssel dieses Tabs ersetzt.

export const link = {
  ownAccount: 'das eigene Konto des Schlüssels',
  short: 'ein kurzer',
  account: (account: string) => `Dieser Link will, dass dieser Tab in einem anderen Konto handelt: ${account}.`,
  key: (linked: string, present: string) =>
    `Dieser Link bringt einen anderen API-Schlüssel mit, ${linked}. Er würde den Schlüssel dieses Tabs, ${present}, ersetzen, und alles, was Sie aus diesem Tab senden, ginge an das Konto des Schlüssels im Link.`,
  advice: 'OK ersetzt ihn; Abbrechen behält, was hier ist. Ersetzen Sie ihn nur, wenn Sie dem vertrauen, von dem der Link kommt.',
};
