"""Who may change the documents: who sits at this machine, everyone or nobody, and only from our own page."""

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.requests import Request

    from rag.settings import Settings

_FORWARDING = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def may_change(request: "Request", settings: "Settings") -> bool:
    """Whether who asks may change documents by RAG_MANAGE.

    `local` is who calls from loopback, by a name of loopback (a foreign name that leads here, DNS rebinding, is none),
    and not through a proxy: one that says so, or one that speaks HTTP/1.0, as nginx does unless told otherwise.
    """
    if settings.manage != "local":
        return settings.manage == "all"
    peer = request.client.host if request.client else ""
    is_direct = request.scope.get("http_version") != "1.0" and not any(name in request.headers for name in _FORWARDING)
    return is_direct and _is_loopback(peer) and _is_loopback(_name(f"//{request.headers.get('host', '')}"))


def is_own(request: "Request", *, is_proxied: bool = False) -> bool:
    """Whether a request comes from a page of ours, as the browser says that sends it; one that says nothing does not.

    A page of another site cannot forge Sec-Fetch-Site; browsers leave it out where the page came without encryption,
    and then Origin decides. Both must hold, unless a proxy, which may change Host, can be between.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site not in (None, "same-origin"):
        return False
    if origin is None:
        return site is not None
    host = request.headers.get("host", "").lower()
    is_same = host != "" and _netloc(origin).lower() == host
    return is_same or (site is not None and is_proxied)


def _netloc(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:
        return ""


def _name(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    """Whether a name or number is loopback's.

    >>> [_is_loopback(host) for host in ("localhost", "127.0.0.2", "::ffff:127.0.0.1", "evil.example", "")]
    [True, True, True, False, False]
    """
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
