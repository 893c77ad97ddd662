// The question before a link takes the place of this tab's key.

export const link = {
  ownAccount: 'the key’s own account',
  short: 'a short one',
  account: (account: string) => `This link wants this tab to act in another account: ${account}.`,
  key: (linked: string, present: string) =>
    `This link brings another API key, ${linked}. It would replace the key of this tab, ${present}, and everything that you send from this tab would go to the account of the link’s key.`,
  advice: 'OK replaces it; Cancel keeps what is here. Replace it only if you trust whoever gave you the link.',
};
