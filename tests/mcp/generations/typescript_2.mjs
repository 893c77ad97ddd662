// A server with one tool for `@modelcontextprotocol/server`, version 2 of the TypeScript SDK. The mode `both` serves
// 2026-07-28 and the older revisions, `modern` only 2026-07-28, and `sessions` only the older ones, with sessions.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { NodeStreamableHTTPServerTransport, toNodeHandler } from "@modelcontextprotocol/node";
import { McpServer, createMcpHandler } from "@modelcontextprotocol/server";
import * as z from "zod";

const [port, mode] = process.argv.slice(2);
const transports = new Map();

function newServer() {
  const server = new McpServer({ name: "generations", version: "1.0.0" });
  const config = { description: "Says it again.", inputSchema: z.object({ text: z.string() }) };
  server.registerTool("echo", config, async ({ text }) => ({ content: [{ type: "text", text }] }));
  return server;
}

async function newTransport() {
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    onsessioninitialized: (id) => transports.set(id, transport),
  });
  await newServer().connect(transport);
  return transport;
}

async function handleInSession(req, res) {
  const sessionId = req.headers["mcp-session-id"];
  if (sessionId && !transports.has(sessionId)) {
    const error = { code: -32001, message: "Session not found" };
    res.writeHead(404, { "content-type": "application/json" });
    return res.end(JSON.stringify({ jsonrpc: "2.0", error, id: null }));
  }
  await (transports.get(sessionId) ?? (await newTransport())).handleRequest(req, res);
}

const legacy = mode === "modern" ? "reject" : "stateless";
const handle = mode === "sessions" ? handleInSession : toNodeHandler(createMcpHandler(newServer, { legacy }));
createServer((req, res) => {
  if (req.url === "/mcp") return handle(req, res);
  res.writeHead(404).end();
}).listen(Number(port), "127.0.0.1");
