"""Hides the length of a text: ISO/IEC 7816-4, a byte 0x80 and then zeros, as libsodium pads.

Not by libsodium's own functions: each call of those lets another thread have the interpreter, and a signature has to
wait until it has it back.
"""

_MARK = b"\x80"


def pad(plain: bytes, size: int) -> bytes:
    """Bring it to this size, which is greater than its own: at least the mark is added."""
    return plain + _MARK + bytes(size - len(plain) - 1)


def unpad(padded: bytes) -> bytes:
    """What was padded, to whatever size. Raises ValueError if it was not. Tells by its time how long that is."""
    plain, mark, zeros = padded.rpartition(_MARK)
    if not mark or zeros != bytes(len(zeros)):
        raise ValueError("this was not padded")
    return plain
