from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.errors import UserError
from polyclinic.llm import ChatRequest, guarded, is_local_address, refuse_remote


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.9.8.7",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.7.7",
        "169.254.1.1",
        "[::1]",
        "[fd12::1]",
        "[fe80::1]",
        "[::ffff:10.0.0.1]",
        "localhost",
        "LOCALHOST.",
        "gpu-node.local",
    ],
)
def test_this_machine_and_the_local_network_are_not_remote(host: str) -> None:
    assert refuse_remote(f"http://{host}:8000/v1", allow_remote=False, guard=None) is False


@pytest.mark.parametrize(
    "host",
    [
        "8.8.8.8",
        "172.15.0.1",
        "172.32.0.1",
        "192.169.0.1",
        "100.64.0.1",
        "[2001:db8::1]",
        "[::ffff:8.8.8.8]",
        "134744072",
    ],
)
def test_every_other_address_is_refused_unless_allowed(host: str) -> None:
    with pytest.raises(UserError, match=r"teacher_url: .* leave the building.*allow_remote: true"):
        refuse_remote(f"https://{host}/v1", allow_remote=False, guard=str.upper)


def test_an_allowed_remote_address_is_still_refused_without_a_guard() -> None:
    with pytest.raises(UserError, match=r"8\.8\.8\.8 is remote, and no de-identifier"):
        refuse_remote("https://8.8.8.8/v1", allow_remote=True, guard=None)


def test_an_allowed_and_guarded_remote_address_is_let_through() -> None:
    assert refuse_remote("https://8.8.8.8/v1", allow_remote=True, guard=str.upper) is True


def test_the_guard_sees_every_turn_before_it_is_sent() -> None:
    request = ChatRequest((("system", "about Smith"), ("user", "Smith coughs")))
    (sent,) = guarded([request], lambda text: text.replace("Smith", "[NAME]"))
    assert sent.messages == (("system", "about [NAME]"), ("user", "[NAME] coughs"))


def test_a_name_that_does_not_exist_is_an_error_when_asking_and_none_when_planning() -> None:
    url = "http://no-such-host.invalid/v1"
    with pytest.raises(UserError, match=r"the host of http://no-such-host\.invalid/v1 cannot be found"):
        refuse_remote(url, allow_remote=False, guard=None)
    assert refuse_remote(url, allow_remote=False, guard=None, must_be_found=False) is False


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://localhost/v1", "http://", "http://localhost:port/v1", "["])
def test_what_is_no_address_is_named(url: str) -> None:
    with pytest.raises(UserError, match=r"teacher_url: .* is not a URL"):
        refuse_remote(url, allow_remote=True, guard=str.upper)


@given(st.integers(0, 2**32 - 1))
def test_an_address_is_local_exactly_in_the_private_ranges(number: int) -> None:
    first, second = number >> 24, number >> 16 & 255
    private = (
        first in (10, 127) or (first == 172 and 16 <= second <= 31) or (first, second) in ((192, 168), (169, 254))
    )
    address = ipaddress.IPv4Address(number)
    assert is_local_address(str(address)) == private
    assert is_local_address(f"::ffff:{address}") == private
