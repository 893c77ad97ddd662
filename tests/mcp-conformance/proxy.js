// Forwards requests to a Troupe and adds an API key, for clients that cannot send one. Everything else is unchanged,
// including the `Host` header.
import http from 'node:http';

/** Starts the proxy; resolves to its URL and a function that stops it. */
export async function startProxy(target, key) {
  const { hostname, port } = new URL(target);
  const server = http.createServer((request, response) => {
    const headers = { ...request.headers, authorization: `Bearer ${key}` };
    const onward = http.request(
      { hostname, port, path: request.url, method: request.method, headers },
      (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    // A client that disconnects here is disconnected from the server too.
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
