"""Routes: what is offered at which address, and finding it again by two dictionary look-ups."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from changliao.kernel.refusal import Refusal
from changliao.kernel.value import Value

if TYPE_CHECKING:
    from changliao.wire.call import Call

W = TypeVar("W", covariant=True)

Handler = Callable[..., Awaitable[Any]]

CREATED, ACCEPTED, EMPTY = 201, 202, 204
"""What a 2xx may say beside 200: made, taken but not done yet, done without a word."""
PARTIAL, UNCHANGED = 206, 304
"""How a file may be answered beside 200: a part of it, and not at all because the caller has it."""


class Guard(Protocol, Generic[W]):
    """Says who is calling, or refuses. `scheme` and `refuses` tell the API reference of it."""

    @property
    def scheme(self) -> str:
        """`app`, `person`, or both with a space between: either will do."""

    @property
    def refuses(self) -> tuple[type[Refusal], ...]:
        """What it may refuse with."""

    async def __call__(self, call: "Call") -> W:
        """The caller."""


class Param(Value, frozen=True):
    """One query parameter, for the reference."""

    name: str
    about: str
    kind: type = str


class Route(Value, frozen=True):
    """One method at one address, with what the API reference says of it.

    `guard` None is open to all. `body` is decoded into that type. `answers` is what 2xx carries,
    several types where the query says which.
    `also` is another content type that it may be had in; `beside` other statuses of a good answer.
    `streamed`: the body, of any type, is handed to the handler piece by piece as it comes.
    `keyed` routes need an Idempotency-Key. `page` routes answer HTML and are left out of the reference.
    """

    method: str
    path: str
    handler: Handler
    guard: Any = None
    body: Any = None
    answers: Any = None
    also: str = ""
    status: int = 200
    beside: tuple[int, ...] = ()
    streamed: bool = False
    keyed: bool = False
    page: bool = False
    params: tuple[Param, ...] = ()
    refuses: tuple[type[Refusal], ...] = ()
    body_max: int = 65536
    about: str = ""


class Routes:
    """A room's routes, collected by decorator."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.all: list[Route] = []

    def add(self, method: str, path: str, **said: Any) -> Callable[[Handler], Handler]:
        """Offer the decorated function at this method and path; its docstring goes into the reference."""

        def register(handler: Handler) -> Handler:
            self.all.append(
                Route(method, path, handler, about=(handler.__doc__ or "").strip(), **said)
            )
            return handler

        return register

    def get(self, path: str, **said: Any) -> Callable[[Handler], Handler]:
        """`add` for GET."""
        return self.add("GET", path, **said)

    def post(self, path: str, **said: Any) -> Callable[[Handler], Handler]:
        """`add` for POST."""
        return self.add("POST", path, **said)

    def put(self, path: str, **said: Any) -> Callable[[Handler], Handler]:
        """`add` for PUT."""
        return self.add("PUT", path, **said)

    def patch(self, path: str, **said: Any) -> Callable[[Handler], Handler]:
        """`add` for PATCH: what is left out stays as it is."""
        return self.add("PATCH", path, **said)

    def delete(self, path: str, **said: Any) -> Callable[[Handler], Handler]:
        """`add` for DELETE."""
        return self.add("DELETE", path, **said)


_ANY, _HERE = "/*", "/"  # No segment of a path holds a slash.


class Router:
    """Exact paths by one look-up; paths with ids by walking a tree of their segments."""

    def __init__(self, routes: list[Route]) -> None:
        self._exact: dict[str, dict[str, Route]] = {}
        self._tree: dict[str, Any] = {}
        for route in routes:
            methods = self._place(route.path)
            assert route.method not in methods, f"{route.method} {route.path} is offered twice"
            methods[route.method] = route

    def _place(self, path: str) -> dict[str, Route]:
        if "{" not in path:
            return self._exact.setdefault(path, {})
        node = self._tree
        for segment in path.strip("/").split("/"):
            node = node.setdefault(_ANY if segment.startswith("{") else segment, {})
        return node.setdefault(_HERE, {})  # type: ignore[no-any-return]

    def find(self, path: str) -> tuple[dict[str, Route] | None, tuple[str, ...]]:
        """The methods at this address, and the values of its `{…}` segments."""
        if methods := self._exact.get(path):
            return methods, ()
        if "\x00" in path:  # Not every database can be asked for it.
            return None, ()
        node, values = self._tree, []
        for segment in path.strip("/").split("/"):
            if segment in node:
                node = node[segment]
            elif _ANY in node and segment:
                node = node[_ANY]
                values.append(segment)
            else:
                return None, ()
        return node.get(_HERE), tuple(values)
