"""A model behind an OpenAI-compatible endpoint: where it answers, what it costs, and how it is asked."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from polyclinic.errors import UserError

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Replica:
    """A further address at which the same model answers. Where the answer came from is no part of a request's key."""

    base_url: str  # up to and with /v1
    weight: float = 0.0  # share of the requests it gets, beside the weights of the others; 0 = its concurrency
    model: str = ""  # name under which it knows the model; empty = the name the endpoint has for it
    key_variable: str = ""  # environment variable that holds its key; empty sends none
    concurrency: int = 0  # requests in flight there; 0 = as many as the endpoint's


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model behind an OpenAI-compatible `/chat/completions`, and how it is asked.

    Azure: `base_url` up to and with the deployment's name, `?api-version=…` behind it where it is needed.
    """

    base_url: str  # up to and with /v1: http://localhost:8000/v1
    model: str  # name under which the endpoint knows it
    key_variable: str = ""  # environment variable that holds the key; empty sends none
    temperature: float = 0.0
    seed: int = 0  # sent with the request; asking again adds one
    max_tokens: int = 1024  # of an answer
    timeout: float = 300.0  # seconds until an answer must be whole
    concurrency: int = 16  # requests in flight
    attempts: int = 6  # times a request is sent before it counts as failed; 429 costs none
    first_wait: float = 1.0  # seconds before a request is sent again; doubles each time
    weight: float = 0.0  # share of the requests this address gets, beside those of the replicas; 0 = its concurrency
    replicas: tuple[Replica, ...] = ()  # further addresses of the same model
    prompt_price: float = 0.0  # money for a million tokens that are sent
    completion_price: float = 0.0  # money for a million tokens that are answered

    @property
    def url(self) -> str:
        """Address to which requests are sent."""
        parts = urlsplit(self.base_url)
        query = f"?{parts.query}" if parts.query else ""
        return f"{self.base_url.partition('?')[0].rstrip('/')}/chat/completions{query}"

    def key(self) -> str:
        """Return the key from the environment, or an empty text when none is named; raises UserError when unset."""
        if not self.key_variable:
            return ""
        key = os.environ.get(self.key_variable, "").strip()
        if not key:
            raise UserError(
                f"teacher_key_variable: the environment variable {self.key_variable} is not set; put the key of "
                f"{self.base_url} into it"
            )
        if not key.isascii() or not key.isprintable():
            raise UserError(
                f"teacher_key_variable: the environment variable {self.key_variable} holds what no key can be: "
                "characters that are not printable ASCII"
            )
        return key

    def price(self, prompt_tokens: int, completion_tokens: int) -> float:
        """Return what so many tokens cost here, in the money the prices are in."""
        return (prompt_tokens * self.prompt_price + completion_tokens * self.completion_price) / MILLION

    def addresses(self) -> list[Endpoint]:
        """Return an endpoint for each address: this one without its replicas, then each of them."""
        own = replace(self, replicas=())
        others = [
            replace(
                own,
                base_url=other.base_url,
                weight=other.weight,
                model=other.model or self.model,
                key_variable=other.key_variable,
                concurrency=other.concurrency or self.concurrency,
            )
            for other in self.replicas
        ]
        found = [own, *others]
        for address in found:
            if not address.weight >= 0 or address.concurrency < 1:
                raise UserError(
                    f"{address.base_url}: weight {address.weight}, concurrency {address.concurrency}; an address "
                    "needs a weight of 0 or more and a concurrency of at least 1"
                )
        return found
