"""What the converter tells its user instead of a traceback."""


class WeightsError(Exception):
    """The weights cannot be used; the message says what, where and what to do."""
