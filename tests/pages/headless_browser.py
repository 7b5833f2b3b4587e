"""A page opened from disk in a real browser, and what its scripts make of it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


class Tab:
    """One open page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket, self.number, self.problems = socket, 0, list[str]()

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command of the DevTools protocol and return its result."""
        self.number += 1
        await self.socket.send_json({"id": self.number, "method": method, "params": params})
        while True:
            said: dict[str, Any] = await self.socket.receive_json()
            self._note(said)
            if said.get("id") == self.number:
                assert "error" not in said, said
                result: dict[str, Any] = said["result"]
                return result

    async def run(self, script: str) -> Any:
        """Return what a script gives; the page's own policy does not bind it."""
        found = await self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def until(self, script: str) -> Any:
        """Wait until a script gives something true, at most ten seconds."""
        for _ in range(200):
            if found := await self.run(script):
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(f"never true: {script}; problems of the page: {self.problems}")

    async def press(self, key: str) -> None:
        """Press a key."""
        codes = {"ArrowDown": 40, "ArrowUp": 38, "End": 35, "Home": 36, "PageDown": 34, "Tab": 9, "Enter": 13}
        for kind in ("keyDown", "keyUp"):
            await self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=codes[key])

    def _note(self, said: dict[str, Any]) -> None:
        if said.get("method") == "Runtime.exceptionThrown":
            self.problems.append(str(said["params"]["exceptionDetails"]))
        if said.get("method") == "Log.entryAdded" and said["params"]["entry"]["level"] == "error":
            self.problems.append(str(said["params"]["entry"]["text"]))


def in_browser(page: Path, check: Callable[[Tab], Awaitable[None]], *, dark: bool = False) -> None:
    """Open a page from disk and check it; the page must raise no error."""
    asyncio.run(_checked(page, check, dark))


async def _checked(page: Path, check: Callable[[Tab], Awaitable[None]], dark: bool) -> None:
    async with _opened() as tab:
        for domain in ("Page", "Runtime", "Log"):
            await tab.send(f"{domain}.enable")
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await tab.send("Emulation.setEmulatedMedia", features=[scheme])
        await tab.send("Page.navigate", url=page.as_uri())
        await tab.until("document.readyState === 'complete'")
        await check(tab)
        assert tab.problems == []


@contextlib.asynccontextmanager
async def _opened() -> AsyncIterator[Tab]:
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--window-size=1200,900",
            "--remote-debugging-port=0",
            f"--user-data-dir={profile}",
            "about:blank",
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            file = Path(profile) / "DevToolsActivePort"
            for _ in range(400):
                if file.exists() and len(file.read_text().splitlines()) == 2:
                    break
                await asyncio.sleep(0.05)
            port = file.read_text().splitlines()[0]
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                    tabs = [tab for tab in await answer.json() if tab["type"] == "page"]
                async with session.ws_connect(tabs[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                    yield Tab(socket)
        finally:
            process.kill()
            await process.wait()
