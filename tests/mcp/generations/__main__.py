"""Registers real MCP servers of several generations with a built `troupe dev`, calls them, kills and restarts each, and
calls again without a refresh. A scripted model requests the calls. Prints a table. See scripts/mcp-generations.sh."""

import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.request

from scripted_model import ScriptedModel
from servers import SERVERS, RunningServer, free_port, wait_for

WORK = pathlib.Path(sys.argv[1]).resolve()
TROUPE = pathlib.Path(sys.argv[2]).resolve()
LINE = "{:<52}{:<36}{:<14}{:<12}{}"
FINE = ["registered", "SUCCEEDED", "SUCCEEDED"]


class Api:
    """The API of a running `troupe dev`, and an agent of its demo account."""

    def __init__(self, demo):
        self.demo = demo
        self.agent = self.ask("{ agents(first: 1) { nodes { id } } }", {})["agents"]["nodes"][0]["id"]

    def ask(self, query, variables):
        headers = {"content-type": "application/json", "authorization": f"Bearer {self.demo['apiKey']}"}
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(self.demo["url"] + "/graphql", body, headers)
        answer = json.load(urllib.request.urlopen(request, timeout=120))
        if answer.get("errors"):
            raise RuntimeError(answer["errors"][0]["message"])
        return answer["data"]

    def register(self, name, url):
        """The server's id and problem."""
        query = "mutation($i: RegisterMcpServerInput!) { registerMcpServer(input: $i) { mcpServer { id problem } } }"
        given = {"name": name, "type": "demo", "endpointUrl": url, "stateless": False}
        found = self.ask(query, {"i": given})["registerMcpServer"]["mcpServer"]
        return found["id"], found["problem"]

    def grant(self, server, tool):
        query = "mutation($i: GrantToolsInput!) { grantTools(input: $i) { agent { id } } }"
        self.ask(query, {"i": {"agentId": self.agent, "serverId": server, "tools": [tool]}})

    def remove(self, server):
        self.ask("mutation($id: ID!) { removeMcpServer(input: {id: $id}) { deletedId } }", {"id": server})

    def chat(self):
        """The ended run of a chat, or the last state of one that did not end."""
        query = "mutation($i: ChatInput!) { sendMessage(input: $i) { run { id } } }"
        run = self.ask(query, {"i": {"agentId": self.agent, "message": "Do it."}})["sendMessage"]["run"]["id"]
        query = "query($id: ID!) { run(id: $id) { status toolCalls { status error result } } }"
        for _ in range(900):
            found = self.ask(query, {"id": run})["run"]
            if found["status"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
                break
            time.sleep(0.1)
        return found


def call(api, model, server, arguments, text):
    """The call's status, and what is wrong with it."""
    model.tool, model.arguments = server.tool, arguments
    run = api.chat()
    if not run["toolCalls"]:
        return f"no call, run {run['status']}"
    made = run["toolCalls"][0]
    if made["error"]:
        return f"{made['status']} ({made['error']})"
    return made["status"] if text in json.dumps(made["result"]) else f"{made['status']} without {text}"


def row(api, model, server):
    port = free_port()
    running = RunningServer(WORK, server, port)
    try:
        registered, problem = api.register(f"G{port}", f"http://127.0.0.1:{port}{server.path}")
        if problem:
            return [problem, "-", "-"]
        api.grant(registered, server.tool)
        first = call(api, model, server, server.arguments(running.scratch, "one"), "one")
        running.kill()
        running = RunningServer(WORK, server, port)
        second = call(api, model, server, server.arguments(running.scratch, "two"), "two")
        api.remove(registered)
        return ["registered", first, second]
    finally:
        running.kill()


def try_all(api, model):
    """Prints a line for each server, and returns the number of those that fail."""
    failed = 0
    print(LINE.format("server", "served", "registration", "first call", "after a restart"))
    for server in SERVERS:
        try:
            cells = row(api, model, server)
        except RuntimeError as error:
            cells = [str(error), "-", "-"]
        failed += cells != FINE
        cells = [server.name(WORK), server.serving(WORK), *cells]
        print(LINE.format(*cells), flush=True)
    return failed


def main():
    model = ScriptedModel()
    data = WORK / f"data-{os.getpid()}"
    environment = {
        "PATH": os.environ["PATH"],
        "TROUPE_OPENAI_BASE_URL": model.url,
        "TROUPE_EGRESS_ALLOW": "127.0.0.0/8",
    }
    if models := os.environ.get("TROUPE_MODELS_DIR"):
        environment["TROUPE_MODELS_DIR"] = models
    log = open(WORK / "troupe.log", "wb")
    command = [TROUPE, "dev", "--addr", "127.0.0.1:0", "--data-dir", data]
    troupe = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        for _ in range(600):
            if (data / "dev.json").exists():
                break
            time.sleep(0.1)
        demo = json.loads((data / "dev.json").read_text())
        wait_for(int(demo["url"].rsplit(":", 1)[1]), troupe)
        return try_all(Api(demo), model)
    finally:
        troupe.terminate()
        troupe.wait()


sys.exit(1 if main() else 0)
