"""What bytes are, by how they begin."""

HEAD = 64
"""How many bytes are enough to tell."""

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def sniffed(head: bytes) -> str:
    """The content type of a picture or voice note that begins so; empty for anything else."""
    for signature, content_type in _SIGNATURES:
        if head.startswith(signature):
            return content_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:4] == b"OggS" and head[28:36] == b"OpusHead":
        return "audio/ogg"
    if head[:4] == b"\x1aE\xdf\xa3" and b"webm" in head[:HEAD]:
        return "audio/webm"
    return "audio/mp4" if head[4:8] == b"ftyp" else ""
