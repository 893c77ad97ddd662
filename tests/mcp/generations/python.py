"""A server with one tool, for any generation of the Python packages `mcp` and `fastmcp`."""

import sys
port, kind = int(sys.argv[1]), sys.argv[2]
if kind == "fastmcp":
    from fastmcp import FastMCP
    server = FastMCP("generations")
else:
    try:
        from mcp.server.fastmcp import FastMCP
    except ImportError:
        from mcp.server.mcpserver import MCPServer as FastMCP
    server = None
    try:
        server = FastMCP("generations", host="127.0.0.1", port=port)
    except TypeError:
        server = FastMCP("generations")

@server.tool()
def echo(text: str) -> str:
    """Says it again."""
    return text

for arguments in ({"transport": "streamable-http", "host": "127.0.0.1", "port": port}, {"transport": "streamable-http"}):
    try:
        server.run(**arguments)
        break
    except TypeError as error:
        print(error, file=sys.stderr)
