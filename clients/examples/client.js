// `client` is new TroupeClient({url: 'https://…/graphql', getSession}) in a page, with token: '<API key>' on a server.
export async function ask(client, agentId, text, show) {
  const conversation = client.conversation(null, { agentId });
  const stop = conversation.subscribe(() => show(conversation.getSnapshot()));
  await conversation.send(text);
  const state = await conversation.until(({ isAnswering, error }) => !isAnswering || error?.fatal);
  stop();
  return state;
}
