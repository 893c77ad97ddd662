// Lets a server listen on this machine alone, on a free port, and says which: the bridge itself listens everywhere.
const net = require("node:net");

const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (...given) {
  this.once("listening", () => console.log(`listening on ${this.address().port}`));
  return listen.call(this, { port: 0, host: "127.0.0.1" }, given.find((one) => typeof one === "function"));
};
