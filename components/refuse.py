"""Refuses arguments that AWS refuses, before anything is made."""


def refuse(component: str, /, **problems: str | None) -> None:
    """Raise ValueError with every problem; each is the argument's, a sentence of `knowledge` or None."""
    found = [f"{argument} {problem}" for argument, problem in problems.items() if problem]
    if found:
        raise ValueError(f"{component}: " + "; ".join(found))
