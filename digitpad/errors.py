"""The one exception for everything that a user can put right."""

_MAX_MESSAGE = 2_000  # characters


class DigitpadError(Exception):
    """What a user did or gave cannot be used.

    Its text is a sentence for that user: what is wrong and what to do about it. The window shows
    it in a dialog, the command line on stderr; neither ever shows a traceback for it. What it
    quotes may come from a file: control characters become spaces, and a long text loses its middle.
    """

    def __init__(self, message: str) -> None:
        text = "".join(c if c.isprintable() else " " for c in message[: 4 * _MAX_MESSAGE])
        if len(text) > _MAX_MESSAGE:
            half = _MAX_MESSAGE // 2
            text = f"{text[:half]} … {message[-half:]}"
            text = "".join(c if c.isprintable() else " " for c in text)
        super().__init__(text)
