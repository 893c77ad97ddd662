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
    """`served` tells one row of a package from another; `command` gets the folder of all packages and the port."""

    folder: str
    package: str
    served: str
    command: callable
    bridge: tuple = None
    path: str = "/mcp"
    tool: str = "echo"
    arguments: callable = lambda scratch, text: {"text": text}

    def name(self, work):
        return f"{self.package} {version(work / self.folder, self.package)}"

    def serving(self, work):
        if not self.bridge:
            return self.served
        folder, package = self.bridge
        return f"{package} {version(work / folder, package)}, {self.served}"


def version(folder, package):
    """The installed version of a package."""
    if (python := folder / "bin/python").exists():
        code = f"import importlib.metadata as m; print(m.version({package!r}))"
        return subprocess.check_output([python, "-c", code], text=True).strip()
    return json.loads((folder / "node_modules" / package / "package.json").read_text())["version"]


def python(folder, kind, path="/mcp"):
    """A server of the Python package `mcp` or `fastmcp`."""

    def command(work, port):
        return [work / folder / "bin/python", HERE / "python.py", str(port), kind]

    return Server(folder, kind, f"at {path}", command, path=path)


def typescript(folder, file, mode, served, package="@modelcontextprotocol/sdk"):
    """A server of the TypeScript SDK; its file is copied, because Node searches packages where the file is."""

    def command(work, port):
        shutil.copy(HERE / file, work / folder / file)
        return ["node", work / folder / file, str(port), mode]

    return Server(folder, package, served, command)


def public(name, served, command, bridge=None):
    """A public server from npm, and the tool of it whose result contains the text."""
    tool, arguments = {
        "everything": ("echo", lambda _, text: {"message": text}),
        "memory": ("create_entities", lambda _, text: {"entities": [{"name": text, "entityType": "word", "observations": []}]}),
        "filesystem": ("read_text_file", lambda scratch, text: {"path": str(scratch / f"{text}.txt")}),
    }[name]
    package = f"@modelcontextprotocol/server-{name}"
    return Server("servers", package, served, command, bridge, tool=tool, arguments=arguments)


def stdio(work, name):
    scratch = [work / "servers" / SCRATCH] if name == "filesystem" else []
    return ["node", work / f"servers/node_modules/@modelcontextprotocol/server-{name}/dist/index.js", *scratch]


def loopback(program):
    return ["node", "--require", HERE.parent / "loopback.cjs", program]


def by_itself(name):
    def command(work, _):
        return [*loopback(stdio(work, name)[1]), "streamableHttp"]

    return public(name, "by itself", command)


def supergateway(name, served, *options, folder="servers"):
    """The bridge from npm; it does not listen on loopback by itself."""

    def command(work, _):
        program = work / folder / "node_modules/supergateway/dist/index.js"
        command = shlex.join(map(str, stdio(work, name)))
        return [*loopback(program), "--stdio", command, "--outputTransport", "streamableHttp", "--logLevel", "none", *options]

    return public(name, served, command, (folder, "supergateway"))


def mcp_proxy(name, served, *options):
    """The bridge from npm that FastMCP for TypeScript uses."""

    def command(work, port):
        program = work / "servers/node_modules/.bin/mcp-proxy"
        return ["node", program, "--host", "127.0.0.1", "--port", str(port), *options, "--", *stdio(work, name)]

    return public(name, served, command, ("servers", "mcp-proxy"))


def python_proxy(name):
    """The bridge of the same name from PyPI."""
    folder = "mcp-proxy==0.13.0"

    def command(work, port):
        return [work / folder / "bin/mcp-proxy", "--pass-environment", "--port", str(port), "--", *stdio(work, name)]

    return public(name, "PyPI", command, (folder, "mcp-proxy"))


NEW_SDK = "@modelcontextprotocol/server"
SERVERS = [
    python("mcp==1.8.1", "mcp"),
    python("mcp==1.12.4", "mcp"),
    python("mcp", "mcp"),
    python("mcp", "mcp", "/mcp/"),
    python("fastmcp==2.3.5", "fastmcp"),
    python("fastmcp", "fastmcp"),
    typescript("sdk@1.10.2", "typescript_1_12.mjs", "sessions", "sessions"),
    typescript("sdk@1.12.3", "typescript_1_12.mjs", "sessions", "sessions"),
    typescript("sdk@1.12.3", "typescript_1_12.mjs", "stateless", "stateless"),
    typescript("sdk", "typescript_1.mjs", "events", "sessions"),
    typescript("sdk", "typescript_1.mjs", "json", "sessions, JSON"),
    typescript("server", "typescript_2.mjs", "both", "2026-07-28 and older", NEW_SDK),
    typescript("server", "typescript_2.mjs", "modern", "only 2026-07-28", NEW_SDK),
    typescript("server", "typescript_2.mjs", "sessions", "only older, sessions", NEW_SDK),
    by_itself("everything"),
    supergateway("everything", "sessions", "--stateful"),
    mcp_proxy("everything", "2026-07-28"),
    supergateway("memory", "sessions", "--stateful"),
    supergateway("memory", "stateless"),
    supergateway("memory", "sessions", "--stateful", folder="supergateway@3.4.3"),
    mcp_proxy("memory", "2026-07-28"),
    python_proxy("memory"),
    supergateway("filesystem", "sessions", "--stateful"),
    supergateway("filesystem", "stateless"),
    mcp_proxy("filesystem", "sessions", "--no-modern"),
]


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
            server.command(work, port), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True
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
