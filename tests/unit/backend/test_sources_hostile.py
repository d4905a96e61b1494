"""What a photo source may answer: anything at all, and it is photos, a source that is down, or a refusal."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backend import photos
from backend.biographic import Biographic
from backend.sources import itl
from backend.sources.folder import Folder
from backend.sources.ident import Ident
from backend.sources.patience import Sources
from backend.sources.photo import Photo, PhotoSource, SourceDown
from backend.sources.state import State
from backend.sources.visa import Visa
from backend.sources.wire import Reply, Wire

WHOLE = itl.answer([(Photo(b"\xff\xd8 no face", "jpeg", "2026-01-01", 1), (4, 5))], "20260101", "1")
PART = b"Content-Type: image/jpeg\r\nDate: yesterday\r\nContent-Transfer-Encoding: base64\r\n\r\n=\xff=\r\n"
NESTED = b"".join(b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(1200))
ANYTHING = st.one_of(
    st.binary(max_size=400),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
    st.builds(
        lambda at, with_: WHOLE[: at % len(WHOLE)] + with_ + WHOLE[at % len(WHOLE) + len(with_) :],
        st.integers(0, len(WHOLE)),
        st.binary(max_size=6),
    ),
    st.builds(lambda head, body: b"--b\r\n" + head + b"\r\n\r\n" + body + b"\r\n--b--\r\n", st.binary(), st.binary()),
)
TYPES = st.one_of(st.just("multipart/mixed; boundary=b"), st.text(st.characters(codec="latin-1"), max_size=60))
WIRE = Wire("far", "http://127.0.0.1:1/", 1.0)


def holder(number: str, issuer: str = "UTO") -> Biographic:
    return Biographic("SPECIMEN", "ANNA", document_type="P", document_number=number, document_issuer=issuer)


def read(parse: object, *arguments: object) -> None:
    """Anything but what a parser promises to raise fails the test."""
    with contextlib.suppress(SourceDown, itl.NotItl):
        assert callable(parse)
        found = parse(*arguments)
        assert all(isinstance(photo.content, bytes) for photo in found)


@settings(max_examples=200)
@given(ANYTHING)
@example(WHOLE)
def test_sr05_ident_may_answer_anything(content: bytes) -> None:
    read(itl.faces, content)


@settings(max_examples=200)
@given(ANYTHING)
@example(b"[" * 100_000)
@example(b'{"photos": [{"image": "\xff"}]}')
@example(b'{"photos": [{"image": "\\ud800"}]}')
@example(b'{"photos": [{"image": "QQ=", "format": "\\u0000"}]}')
def test_sr05_a_state_may_answer_anything(content: bytes) -> None:
    read(State(WIRE, "UTO")._photos, content)


@settings(max_examples=200)
@given(TYPES, ANYTHING)
@example("multipart/mixed; boundary=b0", NESTED)
@example("multipart/mixed; boundary=b", b"--b\r\n" + PART + b"--b--\r\n")
@example("multipart/mixed; boundary*0*=utf-8''%ff; boundary*1=", b"")
def test_sr05_a_visa_office_may_answer_anything(content_type: str, content: bytes) -> None:
    read(Visa(WIRE, "UTO")._photos, Reply(content_type, content))


@contextlib.asynccontextmanager
async def answering(status: int) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status} Thus\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


def listed(wire: Wire) -> Sequence[PhotoSource]:
    return Ident(wire, lambda: 0), State(wire, "UTO"), Visa(wire, "CHE")


@pytest.mark.parametrize("number", ["\u0416123", "12\x1d3", "\ud800", "12\x003"], ids=["cyrillic", "GS", "half", "NUL"])
async def test_a_traveller_who_cannot_be_asked_about_costs_nobody_else_his_photos(number: str) -> None:
    async with answering(204) as url:
        wire = Wire("far", url, 5.0)
        for source in listed(wire):
            sources = Sources([source])
            odd = await sources.about(holder(number))
            assert odd.silent == ()
            assert number not in repr(odd)
            assert sources.asked("far")
            assert (await sources.about(holder("X1"))).silent == ()
        await wire.close()


async def test_a_cyrillic_number_is_refused_by_the_one_source_that_cannot_write_it() -> None:
    found = await Sources(listed(WIRE)[:1]).about(holder("\u0416123"))
    assert [name for name, _ in found.refused] == ["far"]


@pytest.mark.parametrize(("status", "down"), [(400, False), (422, False), (401, True), (429, True), (503, True)])
async def test_a_question_that_is_refused_is_one_travellers_matter(status: int, down: bool) -> None:
    async with answering(status) as url:
        wire = Wire("far", url, 5.0)
        sources = Sources([State(wire, "UTO")])
        found = await sources.about(holder("X1"))
        assert (found.silent, [name for name, _ in found.refused]) == ((("far",), []) if down else ((), ["far"]))
        assert sources.asked("far") is not down
        await wire.close()


@pytest.mark.parametrize("number", ["\u0416123", "\ud800", "12\x003"], ids=["cyrillic", "half", "NUL"])
async def test_a_folder_knows_nobody_of_an_odd_number_and_is_not_down(tmp_path: Path, number: str) -> None:
    assert (await Folder(tmp_path).photos(holder(number))) == []


async def test_a_folder_in_place_of_a_photo_is_not_a_folder_that_is_down(tmp_path: Path) -> None:
    (tmp_path / photos.key("P", "UTO", "X1") / "1.jpg").mkdir(parents=True)
    assert (await Folder(tmp_path).photos(holder("X1"))) == []
