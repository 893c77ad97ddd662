"""The servers that are tried: the package of each, how it is served, and the tool that is called. The packages are
installed by scripts/mcp-generations.sh, each in a folder named as its requirement."""

import dataclasses
import json
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
SCRATCH = "scratch"


@dataclasses.dataclass
class Server:
    """`served` tells one row of a package from another; `command` gets the folder of the package and the port."""

    folder: str
    package: str
    served: str
    command: callable
    path: str = "/mcp"
    tool: str = "echo"
    arguments: callable = lambda scratch, text: {"text": text}


def python(folder, kind, path="/mcp"):
    """A server of the Python package `mcp` or `fastmcp`."""

    def command(work, port):
        return [work / "bin/python", HERE / "python.py", str(port), kind]

    return Server(folder, kind, f"at {path}", command, path)


def typescript(folder, package, file, mode, served):
    """A server of the TypeScript SDK; its file is copied, because Node searches packages where the file is."""

    def command(work, port):
        shutil.copy(HERE / file, work / file)
        return ["node", work / file, str(port), mode]

    return Server(folder, package, served, command)


def everything(served, command):
    return Server("servers", "@modelcontextprotocol/server-everything", served, command, arguments=lambda _, text: {"message": text})


def memory(served, command):
    def arguments(_, text):
        return {"entities": [{"name": text, "entityType": "word", "observations": []}]}

    return Server("servers", "@modelcontextprotocol/server-memory", served, command, tool="create_entities", arguments=arguments)


def filesystem(served, command):
    def arguments(scratch, text):
        return {"path": str(scratch / f"{text}.txt")}

    return Server("servers", "@modelcontextprotocol/server-filesystem", served, command, tool="read_text_file", arguments=arguments)


def program(work, package, *arguments):
    return ["node", work / f"node_modules/@modelcontextprotocol/{package}/dist/index.js", *arguments]


def loopback(work, program):
    return ["node", "--require", HERE.parent / "loopback.cjs", work / "node_modules" / program]


def own_transport(work, _):
    return [*loopback(work, "@modelcontextprotocol/server-everything/dist/index.js"), "streamableHttp"]


def supergateway(package, *options, give_scratch=False):
    """The bridge from npm; it does not listen on loopback by itself."""

    def command(work, _):
        stdio = program(work, package, *([work / SCRATCH] if give_scratch else []))
        bridge = [*loopback(work, "supergateway/dist/index.js"), "--stdio", shlex.join(map(str, stdio))]
        return [*bridge, "--outputTransport", "streamableHttp", "--logLevel", "none", *options]

    return command


def mcp_proxy(package, *options, give_scratch=False):
    """The bridge from npm that FastMCP for TypeScript uses. It serves 2026-07-28 as well as the older revisions."""

    def command(work, port):
        stdio = program(work, package, *([work / SCRATCH] if give_scratch else []))
        bridge = ["node", work / "node_modules/.bin/mcp-proxy", "--host", "127.0.0.1", "--port", str(port), *options]
        return [*bridge, "--", *stdio]

    return command


SDK = "@modelcontextprotocol/sdk"
SERVERS = [
    python("mcp==1.8.1", "mcp"),
    python("mcp==1.12.4", "mcp"),
    python("mcp", "mcp"),
    python("mcp", "mcp", "/mcp/"),
    python("fastmcp==2.3.5", "fastmcp"),
    python("fastmcp", "fastmcp"),
    typescript("sdk@1.12.3", SDK, "typescript_1_12.mjs", "sessions", "sessions"),
    typescript("sdk@1.12.3", SDK, "typescript_1_12.mjs", "stateless", "stateless"),
    typescript("sdk", SDK, "typescript_1.mjs", "events", "sessions"),
    typescript("sdk", SDK, "typescript_1.mjs", "json", "sessions, JSON"),
    typescript("server", "@modelcontextprotocol/server", "typescript_2.mjs", "both", "both generations"),
    typescript("server", "@modelcontextprotocol/server", "typescript_2.mjs", "modern", "only 2026-07-28"),
    typescript("server", "@modelcontextprotocol/server", "typescript_2.mjs", "sessions", "sessions"),
    everything("by itself", own_transport),
    everything("supergateway, sessions", supergateway("server-everything", "--stateful")),
    everything("mcp-proxy", mcp_proxy("server-everything")),
    memory("supergateway, sessions", supergateway("server-memory", "--stateful")),
    memory("supergateway, stateless", supergateway("server-memory")),
    memory("mcp-proxy", mcp_proxy("server-memory")),
    filesystem("supergateway, sessions", supergateway("server-filesystem", "--stateful", give_scratch=True)),
    filesystem("supergateway, stateless", supergateway("server-filesystem", give_scratch=True)),
    filesystem("mcp-proxy, no 2026-07-28", mcp_proxy("server-filesystem", "--no-modern", give_scratch=True)),
]


def version(work, server):
    """The installed version of the server's package."""
    if (python := work / server.folder / "bin/python").exists():
        code = f"import importlib.metadata as m; print(m.version({server.package!r}))"
        return subprocess.check_output([python, "-c", code], text=True).strip()
    return json.loads((work / server.folder / "node_modules" / server.package / "package.json").read_text())["version"]


class RunningServer:
    """A server at a port, with a process group of its own: a bridge does not end the servers that it started."""

    def __init__(self, work, server, port):
        folder = work / server.folder
        self.scratch = folder / SCRATCH
        self.scratch.mkdir(exist_ok=True)
        for text in ("one", "two"):
            (self.scratch / f"{text}.txt").write_text(text)
        environment = {
            "PATH": os.environ["PATH"],
            "LOOPBACK_PORT": str(port),
            "MEMORY_FILE_PATH": str(self.scratch / f"{port}.jsonl"),
        }
        log = open(folder / "server.log", "ab")
        self.process = subprocess.Popen(
            server.command(folder, port), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True
        )
        try:
            wait_for(port, self.process)
        except RuntimeError:
            self.kill()
            raise

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process, seconds=90):
    for _ in range(seconds * 10):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            raise RuntimeError(f"ended with {process.returncode} before it listened")
        time.sleep(0.1)
    raise RuntimeError(f"nothing listens on {port}")
