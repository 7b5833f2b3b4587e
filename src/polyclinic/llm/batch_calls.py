"""The calls of OpenAI's Batch API: upload a file, make a batch, look at it, list batches, download a file."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from polyclinic.errors import UserError
from polyclinic.llm.addresses import is_local_address, is_local_name
from polyclinic.llm.client import LONGEST_WAIT, error_message, seconds_asked, stop_for
from polyclinic.llm.endpoint import Endpoint

if TYPE_CHECKING:
    import aiohttp


class BatchCalls:
    """A session with the provider; each call is tried again when the provider fails or is too busy."""

    def __init__(self, endpoint: Endpoint, remote: bool) -> None:
        """Prepare; raises UserError when the key is not set."""
        self.endpoint, self.remote = endpoint, remote
        key = endpoint.key()
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._jitter = random.Random(0)

    async def __aenter__(self) -> BatchCalls:
        import aiohttp

        connector = aiohttp.TCPConnector(resolver=None if self.remote else _local_resolver())
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=self.endpoint.timeout, sock_read=self.endpoint.timeout
        )
        self._session = aiohttp.ClientSession(connector=connector, timeout=timeout, headers=self._headers)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def upload(self, file: Path) -> str:
        """Upload a file of questions and return its id."""
        import aiohttp

        def form() -> aiohttp.FormData:
            made = aiohttp.FormData()
            made.add_field("purpose", "batch")
            made.add_field("file", file.open("rb"), filename=file.name, content_type="application/jsonl")
            return made

        return str((await self._call("POST", "files", form=form))["id"])

    async def create(self, file: str, metadata: dict[str, str]) -> str:
        """Make a batch of an uploaded file and return its id."""
        body = {
            "input_file_id": file,
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "metadata": metadata,
        }
        return str((await self._call("POST", "batches", body=body))["id"])

    async def look(self, batch: str) -> dict[str, Any]:
        """Return how a batch stands."""
        return await self._call("GET", f"batches/{batch}")

    async def list(self) -> AsyncIterator[dict[str, Any]]:
        """Yield all batches the provider has for this key, the newest first."""
        after = ""
        while True:
            page = await self._call("GET", f"batches?limit=100{f'&after={after}' if after else ''}")
            found = page.get("data") or []
            for batch in found:
                yield batch
            if not found or not page.get("has_more"):
                return
            after = str(found[-1]["id"])

    async def download(self, file: str) -> AsyncIterator[bytes]:
        """Yield the content of a file in pieces."""
        import aiohttp

        url = f"{self.endpoint.base_url.rstrip('/')}/files/{file}/content"
        try:
            async with self._session.get(url, allow_redirects=False) as response:
                if response.status != 200:
                    raise self._trouble(f"status {response.status}: {error_message(await response.read())}")
                async for part in response.content.iter_chunked(1 << 16):
                    yield part
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._trouble(f"the file {file} broke off ({type(error).__name__})") from error

    async def _call(self, method: str, path: str, *, body: Any = None, form: Any = None) -> dict[str, Any]:
        import aiohttp

        url = f"{self.endpoint.base_url.rstrip('/')}/{path}"
        for attempt in range(self.endpoint.attempts):
            wait = min(LONGEST_WAIT, self.endpoint.first_wait * 2**attempt) * (0.5 + 0.5 * self._jitter.random())
            try:
                data = form() if form is not None else None
                async with self._session.request(
                    method, url, json=body, data=data, allow_redirects=False
                ) as response:
                    raw, status = await response.read(), response.status
                    asked_wait = seconds_asked(response.headers.get("Retry-After", ""))
                    if status == 200:
                        answer = await response.json(content_type=None)
                        if isinstance(answer, dict):
                            return answer
                        raise ValueError("no JSON object")
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                reason = f"{type(error).__name__} {error}"
            else:
                reason = f"status {status}: {error_message(raw)}"
                stop_for(status, error_message(raw), self.endpoint, quota_used_up=b"insufficient_quota" in raw)
                if status < 500 and status not in (408, 429):
                    raise self._trouble(reason)
                wait = wait if asked_wait is None else asked_wait
            await asyncio.sleep(wait)
        raise self._trouble(reason)

    def _trouble(self, reason: str) -> UserError:
        return UserError(
            f"{self.endpoint.base_url}: the batches cannot be used ({reason}); what was sent stands in the journal, "
            "so run again to go on, or ask without batches"
        )


def _local_resolver() -> Any:
    """Return a resolver that finds local addresses only: a name may point elsewhere by the time of a connection."""
    from aiohttp.abc import AbstractResolver, ResolveResult
    from aiohttp.resolver import ThreadedResolver

    class LocalResolver(AbstractResolver):
        def __init__(self) -> None:
            self.inner = ThreadedResolver()

        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            found = await self.inner.resolve(host, port, family)
            if not is_local_name(host) and not all(is_local_address(r["host"]) for r in found):
                raise UserError(f"teacher_url: {host} points outside the local network now; nothing was sent there")
            return found

        async def close(self) -> None:
            await self.inner.close()

    return LocalResolver()
