"""The one exception for everything that a user can put right."""


class DigitpadError(Exception):
    """What a user did or gave cannot be used.

    Its text is a sentence for that user: what is wrong and what to do about it. The window shows
    it in a dialog, the command line on stderr; neither ever shows a traceback for it.
    """
