"""What is looked at before a key, or a locked half of one, made in somebody's browser is stored."""

from nacl import bindings
from nacl.exceptions import CryptoError

from campaign.core.errors import Invalid
from campaign.sealing.phrases import Wrapped, is_bearable, is_strong

_FIELD = 2**255 - 19
_KEY_BYTES = 32
_ANY_SECRET = bytes(range(_KEY_BYTES))


def check_public_key(public_key: bytes) -> bytes:
    """The key again. Raises Invalid for what is no point of the curve, or one of those that give every secret away.

    With a point of low order the shared secret is all zeros whatever the secret key, so anybody opens what is sealed to
    it; libsodium knows them and refuses.
    """
    try:
        # The binding reads as many bytes as a key has, whatever it is given.
        if len(public_key) != _KEY_BYTES or int.from_bytes(public_key, "little") >= _FIELD:
            raise ValueError
        bindings.crypto_scalarmult(_ANY_SECRET, public_key)
    except (CryptoError, RuntimeError, ValueError):
        raise Invalid("this is no public key", field="public_key") from None
    return public_key


def check_wrapped(wrapped: Wrapped) -> Wrapped:
    """The same again. Raises Invalid unless it has the sizes and the strength of what this program makes."""
    sizes = tuple(map(len, (wrapped.salt, wrapped.nonce, wrapped.ciphertext)))
    # The strength is checked both ways: too little protects nobody, too much would stall whoever opens a list.
    if sizes != (16, 24, 48) or not is_strong(wrapped) or not is_bearable(wrapped):
        raise Invalid("this is no locked key of this program", field="wrapped")
    return wrapped
