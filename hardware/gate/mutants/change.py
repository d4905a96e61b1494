"""One change of one place in the controller's sources, and its name in `survivors.toml`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Change:
    """In this function of this file a piece of code was one thing and becomes another.

    nth: which of several such places.  source: the whole file as it then is.
    """

    file: str
    function: str
    was: str
    becomes: str
    nth: int
    source: str

    @property
    def name(self) -> tuple[str, str, str, str, int]:
        return self.file, self.function, self.was, self.becomes, self.nth


_OTHERS = {
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "==": ("!=",),
    "!=": ("==",),
    "&&": ("||",),
    "||": ("&&",),
    "+": ("-",),
    "-": ("+",),
    "&": ("|",),
    "|": ("&",),
    "^": ("|",),
    "<<": (">>",),
    ">>": ("<<",),
    "%": ("/",),
    "/": ("*",),
    "true": ("false",),
    "false": ("true",),
    "|=": ("=",),
    "&=": ("=",),
    "+=": ("-=",),
    "-=": ("+=",),
    "^=": ("=",),
    "++": ("--",),
}
_TOKEN = re.compile(
    r"(?<= )(?:<<|>>|<=|>=|==|!=|&&|\|\||\|=|&=|\+=|-=|\^=|[<>+\-&|^%/])(?= )|\+\+|\b(?:true|false)\b|!(?=[\w(])"
    r"|\b(?:0x[0-9A-Fa-f]+|\d+)\b|\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|\bSIGNED\b|\bCLEAR\b|\bUNSEEN\b|\bPASSING\b|\bHEAD\b"
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_FUNCTION = re.compile(r"^[a-z][^;={]*?\b(\w+)\([^;]*?\) \{", re.MULTILINE | re.DOTALL)
_FAMILY = re.compile(r"(PIN|FAULT|REFUSED|FLAG|DRIVE|LAMP|FAIL|ACTION)_")
_STATEMENT = re.compile(
    r"(?<=[{;}\n)])\s*(?:else\n\s*)?((?!return|else|if|while|for|case|break|default|continue)[\w*][^;{}]*;)"
)
_CONDITION = re.compile(r"\b(?:if|while) \(")


def c_changes(file: str, text: str, header: str) -> Iterator[Change]:
    """header: `limits.h`, for the relatives of each constant."""
    counts: dict[tuple[str, str, str], int] = {}
    for start, end, new in sorted(set(_c_places(text, header))):
        found = _within(text, start)
        if found is None:
            continue
        first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
        was = " ".join(text[first:last].split())
        becomes = " ".join((text[first:start] + new + text[end:last]).split())
        nth = counts[found, was, becomes] = counts.get((found, was, becomes), 0) + 1
        yield Change(file, found, was, becomes, nth, text[:start] + new + text[end:])


def _within(text: str, at: int) -> str | None:
    """The function around a place; None outside any."""
    functions = [match for match in _FUNCTION.finditer(text) if match.end() <= at]
    if not functions:
        return None
    end = text.find(
        "\n}" if "\n" in text[functions[-1].end() - 1 : functions[-1].end() + 1] else "}", functions[-1].end()
    )
    return functions[-1][1] if at < end else None


def _c_places(text: str, header: str) -> Iterator[tuple[int, int, str]]:
    text = _COMMENT.sub(lambda comment: re.sub(r"\S", " ", comment[0]), text)
    for match in _TOKEN.finditer(text):
        for new in _replacements(match[0], header):
            yield match.start(), match.end(), new
    for match in _STATEMENT.finditer(text):
        if not re.match(r"(const |static )*(u?int\w+|bool|struct \w+|char) ", match[1]):
            yield match.start(1), match.end(1), ";"
    for match in _CONDITION.finditer(text):
        end = _closing(text, match.end() - 1)
        yield match.end() - 1, end, f"(!{text[match.end() - 1 : end]})"


def _closing(text: str, opening: int) -> int:
    depth = 0
    for at in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    raise ValueError(f"a parenthesis that is never closed, at {opening}")


def _replacements(token: str, header: str) -> tuple[str, ...]:
    if token in _OTHERS:
        return _OTHERS[token]
    if token == "!":
        return ("",)
    if family := _FAMILY.match(token):
        names = re.findall(rf"#define ({family[1]}_\w+)", header)
        return tuple(new for old, new in pairwise([*names, *names[:1]]) if old == token)
    if token.startswith("0x"):
        return (f"{int(token, 16) ^ 1:#x}",)
    return (f"({token} + 1)", f"({token} - 1)") if token != "0" else ("1",)
