// Makes a server listen on loopback only, on `LOOPBACK_PORT` or else on a free port, and prints the port: the servers
// themselves listen on all addresses.
const net = require("node:net");

const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (...given) {
  this.once("listening", () => console.log(`listening on ${this.address().port}`));
  const address = { port: Number(process.env.LOOPBACK_PORT ?? 0), host: "127.0.0.1" };
  return listen.call(this, address, given.find((one) => typeof one === "function"));
};
