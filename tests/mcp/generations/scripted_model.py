"""A scripted model behind an OpenAI-compatible API: it requests the next call for a question, and ends after its answer."""

import http.server
import json
import threading


class ScriptedModel:
    """`tool` and `arguments` are the call that the next question gets."""

    def __init__(self):
        self.tool, self.arguments = None, None
        model = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if "embeddings" in self.path:
                    kind, body = "application/json", embeddings(asked)
                else:
                    kind, body = "text/event-stream", model.reply(asked)
                self.send_response(200)
                self.send_header("content-type", kind)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}/v1"
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def reply(self, asked):
        names = [tool["function"]["name"] for tool in asked.get("tools", [])]
        names = [name for name in names if name.endswith(f"__{self.tool}")]
        delta = {"content": "Done."}
        if asked["messages"][-1]["role"] == "user" and names:
            call = {"name": names[0], "arguments": json.dumps(self.arguments)}
            delta = {"tool_calls": [{"index": 0, "id": "call_0", "type": "function", "function": call}]}
        choices = ({"delta": delta, "finish_reason": None}, {"delta": {}, "finish_reason": "stop"})
        events = [json.dumps({"choices": [{"index": 0, **choice}]}) for choice in choices]
        return "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"])


def embeddings(asked):
    several = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
    data = [{"index": i, "embedding": [0.1] * 1536} for i in range(len(several))]
    return json.dumps({"data": data, "usage": {"prompt_tokens": 1, "total_tokens": 1}})
