// A server with one tool, written as the examples of the last `@modelcontextprotocol/sdk` 1.x have it: sessions, of which
// a forgotten one is refused with 404. It answers with event streams; in the mode `json`, with JSON.
import { randomUUID } from "node:crypto";
import { createMcpExpressApp } from "@modelcontextprotocol/sdk/server/express.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { isInitializeRequest } from "@modelcontextprotocol/sdk/types.js";
import * as z from "zod/v4";

const [port, mode] = process.argv.slice(2);
const transports = new Map();

function newServer() {
  const server = new McpServer({ name: "generations", version: "1.0.0" }, { capabilities: { logging: {} } });
  const config = { description: "Says it again.", inputSchema: { text: z.string() }, outputSchema: { said: z.string() } };
  server.registerTool("echo", config, async ({ text }) => ({
    content: [{ type: "text", text }],
    structuredContent: { said: text },
  }));
  return server;
}

async function newTransport() {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    enableJsonResponse: mode === "json",
    onsessioninitialized: (id) => transports.set(id, transport),
  });
  transport.onclose = () => transports.delete(transport.sessionId);
  await newServer().connect(transport);
  return transport;
}

function refuse(res, status, code, message) {
  res.status(status).json({ jsonrpc: "2.0", error: { code, message }, id: null });
}

const app = createMcpExpressApp();
app.post("/mcp", async (req, res) => {
  const sessionId = req.headers["mcp-session-id"];
  if (sessionId && !transports.has(sessionId)) return refuse(res, 404, -32001, "Session not found");
  if (!sessionId && !isInitializeRequest(req.body)) {
    return refuse(res, 400, -32000, "Bad Request: No valid session ID provided");
  }
  const transport = transports.get(sessionId) ?? (await newTransport());
  await transport.handleRequest(req, res, req.body);
});
for (const method of ["get", "delete"]) {
  app[method]("/mcp", async (req, res) => {
    const transport = transports.get(req.headers["mcp-session-id"]);
    if (!transport) return res.status(400).send("Invalid or missing session ID");
    await transport.handleRequest(req, res);
  });
}
app.listen(Number(port), "127.0.0.1");
