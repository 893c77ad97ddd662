"""Registers real MCP servers of several generations with a built `troupe dev`, calls them, kills and restarts each, and
calls again without a refresh. A scripted model requests the calls. Prints a table. See scripts/mcp-generations.sh."""

import http.server
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
WORK = pathlib.Path(sys.argv[1]).resolve()
TROUPE = pathlib.Path(sys.argv[2]).resolve()
SERVERS = [
    ("mcp==1.8.1", "mcp", "/mcp"),
    ("mcp==1.12.4", "mcp", "/mcp"),
    ("mcp", "mcp", "/mcp"),
    ("mcp", "mcp", "/mcp/"),
    ("fastmcp==2.3.5", "fastmcp", "/mcp"),
    ("fastmcp", "fastmcp", "/mcp"),
]
next_text = "one"


class Model(http.server.BaseHTTPRequestHandler):
    """Requests `echo` for a question, and ends after its answer."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        if "embeddings" in self.path:
            several = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
            data = [{"index": i, "embedding": [0.1] * 1536} for i in range(len(several))]
            body = json.dumps({"data": data, "usage": {"prompt_tokens": 1, "total_tokens": 1}}).encode()
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(body)
            return
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        names = [tool["function"]["name"] for tool in asked.get("tools", [])]
        names = [name for name in names if name.endswith("__echo")]
        delta = {"content": "Done."}
        if asked["messages"][-1]["role"] == "user" and names:
            call = {"name": names[0], "arguments": json.dumps({"text": next_text})}
            delta = {"tool_calls": [{"index": 0, "id": "call_0", "type": "function", "function": call}]}
        for choice in ({"delta": delta, "finish_reason": None}, {"delta": {}, "finish_reason": "stop"}):
            self.wfile.write(f"data: {json.dumps({'choices': [{'index': 0, **choice}]})}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_):
        pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, seconds=90):
    for _ in range(seconds * 10):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"nothing listens on {port}")


def graphql(url, key, query, variables):
    headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(url + "/graphql", body, headers)
    answer = json.load(urllib.request.urlopen(request, timeout=120))
    if answer.get("errors"):
        raise RuntimeError(answer["errors"][0]["message"])
    return answer["data"]


def start_server(package, kind, port):
    python = WORK / package.replace("==", "-") / "bin/python"
    log = open(WORK / f"{package}.log", "ab")
    server = subprocess.Popen([python, HERE / "generations_server.py", str(port), kind], stdout=log, stderr=log)
    wait_for(port)
    return server


def call(api, agent, text):
    """The call's status, and its error or result."""
    global next_text
    next_text = text
    sent = api("mutation($i: ChatInput!) { sendMessage(input: $i) { run { id } } }", {"i": {"agentId": agent, "message": "Do it."}})
    run = sent["sendMessage"]["run"]["id"]
    query = "query($id: ID!) { run(id: $id) { status toolCalls { status error result } } }"
    for _ in range(900):
        found = api(query, {"id": run})["run"]
        if found["status"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
            calls = found["toolCalls"]
            return calls[0]["status"] + (f" ({calls[0]['error']})" if calls[0]["error"] else "") if calls else f"no call, run {found['status']}"
        time.sleep(0.1)
    return "no end"


def row(api, agent, package, kind, path):
    port = free_port()
    server = start_server(package, kind, port)
    try:
        register = "mutation($i: RegisterMcpServerInput!) { registerMcpServer(input: $i) { mcpServer { id problem } } }"
        given = {"name": f"G{port}", "type": "demo", "endpointUrl": f"http://127.0.0.1:{port}{path}", "stateless": False}
        found = api(register, {"i": given})["registerMcpServer"]["mcpServer"]
        if found["problem"]:
            return [found["problem"], "-", "-"]
        grant = "mutation($i: GrantToolsInput!) { grantTools(input: $i) { agent { id } } }"
        api(grant, {"i": {"agentId": agent, "serverId": found["id"], "tools": ["echo"]}})
        first = call(api, agent, "one")
        server.send_signal(signal.SIGKILL)
        server.wait()
        server = start_server(package, kind, port)
        second = call(api, agent, "two")
        api("mutation($id: ID!) { removeMcpServer(input: {id: $id}) { deletedId } }", {"id": found["id"]})
        return ["registered", first, second]
    finally:
        server.kill()
        server.wait()


def main():
    model = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=model.serve_forever, daemon=True).start()
    data = WORK / f"data-{os.getpid()}"
    environment = {
        "PATH": os.environ["PATH"],
        "TROUPE_OPENAI_BASE_URL": f"http://127.0.0.1:{model.server_port}/v1",
        "TROUPE_EGRESS_ALLOW": "127.0.0.0/8",
    }
    log = open(WORK / "troupe.log", "wb")
    command = [TROUPE, "dev", "--addr", "127.0.0.1:0", "--data-dir", data]
    troupe = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        for _ in range(600):
            if (data / "dev.json").exists():
                break
            time.sleep(0.1)
        demo = json.loads((data / "dev.json").read_text())
        wait_for(int(demo["url"].rsplit(":", 1)[1]))

        def api(query, variables):
            return graphql(demo["url"], demo["apiKey"], query, variables)

        agent = api("{ agents(first: 1) { nodes { id } } }", {})["agents"]["nodes"][0]["id"]
        print(f"{'server':<22}{'path':<8}{'registration':<14}{'first call':<14}after a restart")
        for package, kind, path in SERVERS:
            try:
                cells = row(api, agent, package, kind, path)
            except RuntimeError as error:
                cells = [str(error), "-", "-"]
            print(f"{package:<22}{path:<8}{cells[0]:<14}{cells[1]:<14}{cells[2]}", flush=True)
    finally:
        troupe.terminate()
        troupe.wait()


main()
