"""A provider of OpenAI's Batch API on the loopback, whose answers a test writes down."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web
from teacher_server import Payload, TeacherServer, last_turn

# The line that answers a question: (payload, how often it was asked before) -> response, None for no line at all.
Answering = Callable[[Payload, int], dict[str, Any] | None]


def answered(text: str) -> dict[str, Any]:
    """Return the line of an ordinary answer."""
    message = {"role": "assistant", "content": text}
    body = {
        "choices": [{"message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3},
    }
    return {"response": {"status_code": 200, "body": body}, "error": None}


def capitals(payload: Payload, before: int) -> dict[str, Any] | None:
    """Answer with the last turn in capitals."""
    return answered(last_turn(payload).upper())


class BatchServer(TeacherServer):
    """Also serves `/v1/files` and `/v1/batches`; a batch is done after it was looked at `looks` times."""

    def __init__(self, answering: Answering = capitals, looks: int = 1) -> None:
        super().__init__()
        self.answering, self.looks = answering, looks
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.asked: dict[str, int] = {}  # by key
        self.status_of_next = "completed"
        self.after_create: Callable[[], None] = lambda: None

    def add_routes(self, application: web.Application) -> None:
        """Add the routes of the Batch API."""
        application.router.add_post("/v1/files", self._upload)
        application.router.add_get("/v1/files/{id}/content", self._download)
        application.router.add_post("/v1/batches", self._create)
        application.router.add_get("/v1/batches", self._list)
        application.router.add_get("/v1/batches/{id}", self._look)

    def _store(self, content: bytes) -> str:
        name = f"file-{len(self.files)}"
        self.files[name] = content
        return name

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        assert form["purpose"] == "batch"
        file = form["file"]
        assert isinstance(file, web.FileField)
        return web.json_response({"id": self._store(file.file.read())})

    async def _download(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=self.files[request.match_info["id"]])

    async def _create(self, request: web.Request) -> web.StreamResponse:
        given = await request.json()
        assert given["endpoint"] == "/v1/chat/completions"
        name = f"batch-{len(self.batches)}"
        made = {"id": name, "status": "in_progress", "metadata": given["metadata"], "looks": 0}
        self.batches[name] = {**made, "input_file_id": given["input_file_id"]}
        self.after_create()
        return web.json_response(self.batches[name])

    async def _list(self, request: web.Request) -> web.StreamResponse:
        names = sorted(self.batches)
        start = names.index(request.query["after"]) + 1 if "after" in request.query else 0
        page = names[start : start + 1]
        return web.json_response({"data": [self.batches[n] for n in page], "has_more": start + 1 < len(names)})

    async def _look(self, request: web.Request) -> web.StreamResponse:
        batch = self.batches[request.match_info["id"]]
        batch["looks"] += 1
        if batch["looks"] > self.looks and batch["status"] == "in_progress":
            self._finish(batch)
        return web.json_response(batch)

    def _finish(self, batch: dict[str, Any]) -> None:
        batch["status"], self.status_of_next = self.status_of_next, "completed"
        if batch["status"] == "failed":
            batch["errors"] = {"data": [{"message": "line 1 is too long"}]}
            return
        good, bad = b"", b""
        for text in self.files[batch["input_file_id"]].splitlines():
            line = json.loads(text)
            key = line["custom_id"]
            before = self.asked.get(key, 0)
            self.asked[key] = before + 1
            said = self.answering(line["body"], before)
            if said is not None:
                row = json.dumps({"custom_id": key, **said}).encode() + b"\n"
                if said["error"] is None:
                    good = row + good  # in another order than asked
                else:
                    bad += row
        batch["output_file_id"] = self._store(good)
        batch["error_file_id"] = self._store(bad) if bad else None
