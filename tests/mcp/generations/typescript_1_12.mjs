// A server with one tool, written as the README of `@modelcontextprotocol/sdk` 1.12 has it. The mode `sessions` refuses
// a forgotten session with 400; `stateless` answers each request by itself.
import express from "express";
import { randomUUID } from "node:crypto";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { isInitializeRequest } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";

const [port, mode] = process.argv.slice(2);
const transports = {};

function newServer() {
  const server = new McpServer({ name: "generations", version: "1.0.0" });
  server.tool("echo", "Says it again.", { text: z.string() }, async ({ text }) => ({ content: [{ type: "text", text }] }));
  return server;
}

async function statelessTransport(res) {
  const server = newServer();
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  res.on("close", () => {
    transport.close();
    server.close();
  });
  await server.connect(transport);
  return transport;
}

async function sessionTransport(req) {
  const sessionId = req.headers["mcp-session-id"];
  if (sessionId && transports[sessionId]) return transports[sessionId];
  if (sessionId || !isInitializeRequest(req.body)) return undefined;
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    onsessioninitialized: (id) => (transports[id] = transport),
  });
  transport.onclose = () => delete transports[transport.sessionId];
  await newServer().connect(transport);
  return transport;
}

const app = express();
app.use(express.json());
app.post("/mcp", async (req, res) => {
  const transport = mode === "stateless" ? await statelessTransport(res) : await sessionTransport(req);
  if (transport) return transport.handleRequest(req, res, req.body);
  const error = { code: -32000, message: "Bad Request: No valid session ID provided" };
  res.status(400).json({ jsonrpc: "2.0", error, id: null });
});
for (const method of ["get", "delete"]) {
  app[method]("/mcp", async (req, res) => {
    if (mode === "stateless") {
      const error = { code: -32000, message: "Method not allowed." };
      return res.writeHead(405).end(JSON.stringify({ jsonrpc: "2.0", error, id: null }));
    }
    const transport = transports[req.headers["mcp-session-id"]];
    if (!transport) return res.status(400).send("Invalid or missing session ID");
    await transport.handleRequest(req, res);
  });
}
app.listen(Number(port), "127.0.0.1");
