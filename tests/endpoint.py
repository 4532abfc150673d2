"""A scripted OpenAI-compatible endpoint on loopback: each request takes the next reply, the last one stays."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[["Handler"], None]


@dataclass
class Endpoint:
    """Where the endpoint listens, and what it was asked: headers and body of each request."""

    url: str
    script: list[Reply]
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


class Handler(BaseHTTPRequestHandler):
    endpoint: Endpoint

    def do_POST(self) -> None:
        endpoint = self.endpoint
        body = self.rfile.read(int(self.headers["Content-Length"]))
        reply = endpoint.script[min(len(endpoint.requests), len(endpoint.script) - 1)]
        endpoint.requests.append(json.loads(body))
        endpoint.headers.append({name.lower(): value for name, value in self.headers.items()})
        reply(self)

    def give(self, status: int, body: str, kind: str = "application/json") -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def says(*parts: str) -> Reply:
    """An answer of these parts: one message, or where a stream is asked for an event each."""

    def reply(handler: Handler) -> None:
        if handler.endpoint.requests[-1].get("stream"):
            events = [_chunk({"role": "assistant", "content": ""}), *(_chunk({"content": part}) for part in parts)]
            events.append(_chunk({}, "stop"))
            body = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
            handler.give(200, body, "text/event-stream")
        else:
            handler.give(200, json.dumps(_completion("".join(parts))))

    return reply


def fails(status: int, body: str = '{"error": {"message": "no"}}') -> Reply:
    """An HTTP error, to be tried again without delay."""

    def reply(handler: Handler) -> None:
        handler.send_response(status)
        handler.send_header("Retry-After-Ms", "1")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body.encode())

    return reply


def gives(body: str, kind: str = "application/json") -> Reply:
    """Status 200 and whatever this is."""
    return lambda handler: handler.give(200, body, kind)


def hangs(handler: Handler) -> None:
    """No answer until the test is over."""
    handler.endpoint.over.wait(20)
    handler.close_connection = True


def breaks_off(handler: Handler) -> None:
    """A stream that ends in the middle of a promised chunk."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(f"data: {json.dumps(_chunk({'content': '前半句'}))}\n\n".encode())
    handler.close_connection = True


def drips(handler: Handler) -> None:
    """A stream without an end, a part every 50 ms."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.end_headers()
    try:
        while not handler.endpoint.over.wait(0.05):
            handler.wfile.write(f"data: {json.dumps(_chunk({'content': '再'}))}\n\n".encode())
    except OSError:
        pass
    handler.close_connection = True


def _completion(text: str) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"id": "c", "object": "chat.completion", "created": 0, "model": "toy", "choices": [choice]}


def _chunk(delta: dict[str, str], reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "toy", "choices": [choice]}


@contextmanager
def serving(*script: Reply) -> Iterator[Endpoint]:
    """An endpoint on a free port of loopback while the block runs."""
    handler = type("Scripted", (Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    handler.endpoint = endpoint = Endpoint(f"http://127.0.0.1:{server.server_address[1]}/v1", list(script))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield endpoint
    finally:
        endpoint.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
