"""What a WebSocket client may send, right and wrong."""

FINAL = 0x80


def frame(
    kind: int,
    payload: bytes = b"",
    *,
    final: bool = True,
    bits: int = 0,
    mask: bytes = b"\x11\xa2\x33\xc4",
    size: bytes | None = None,
) -> bytes:
    """A client's frame; `size` writes the length in another way than the shortest."""
    if size is None:
        if len(payload) < 126:
            size = bytes([len(payload)])
        elif len(payload) < 1 << 16:
            size = b"\x7e" + len(payload).to_bytes(2)
        else:
            size = b"\x7f" + len(payload).to_bytes(8)
    first = (FINAL if final else 0) | bits | kind
    masked = bytes(one ^ mask[place % 4] for place, one in enumerate(payload))
    return bytes([first, 0x80 | size[0]]) + size[1:] + mask + masked
