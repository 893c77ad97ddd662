// Makes a server listen on loopback only, on a free port, and prints the port: the bridge itself listens on all addresses.
const net = require("node:net");

const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (...given) {
  this.once("listening", () => console.log(`listening on ${this.address().port}`));
  return listen.call(this, { port: 0, host: "127.0.0.1" }, given.find((one) => typeof one === "function"));
};
