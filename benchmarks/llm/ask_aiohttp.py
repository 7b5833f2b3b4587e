"""Ask with aiohttp and parse with orjson, and nothing else: no journal, no validation. The floor of that library."""

from __future__ import annotations

import asyncio
import sys

import aiohttp
import orjson
from work_of_the_benchmark import IN_FLIGHT, SYSTEM, prompt


async def main(url: str, number: int) -> None:
    """Ask so many requests."""
    numbers = iter(range(number))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as session:

        async def worker() -> None:
            for n in numbers:
                turns = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": prompt(n)}]
                body = orjson.dumps({"model": "trial", "messages": turns, "temperature": 0.0, "max_tokens": 1024})
                async with session.post(f"{url}/chat/completions", data=body) as response:
                    orjson.loads(await response.read())

        await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
