"""More questions than can be answered: who is refused, how, and who never is."""

import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import numpy as np
import pytest
from limen.v1 import people_pb2
from sqlalchemy import Connection, select

from backend.embedding import Embedding
from backend.errors import TooLate
from backend.imaging import Imaging
from backend.looking import Looking, Shot
from backend.settings import Rules
from backend.store.schema import decisions
from tests.conftest import Caller, Service, board, flight, question, shot

AT_ONCE = 24


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One that answers two questions at once, and refuses a third."""
    service = Service(tmp_path_factory.mktemp("service"), Rules(), waiting=2)
    service.on_file("B1", "ben-on-file-1")
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def journey(carrier: Caller, operator: Caller, gate: Caller) -> str:
    return board(carrier, operator, gate, flight(), ["B1"])


def told(gate: Caller, journey: str, encounter: str) -> str:
    try:
        reply = gate.verification.Verify(question(journey, shot("ben-live"), encounter=encounter), timeout=30)
    except grpc.RpcError as refused:
        return str(refused.code().name)
    return str(reply.WhichOneof("directive"))


def kept(db: Connection, encounter: str) -> int:
    """Decisions on record."""
    return len(db.execute(select(decisions).where(decisions.c.encounter == encounter)).all())


def test_sr03_too_many_at_once_are_refused_by_type_and_answered_when_they_ask_again(gate: Caller, journey: str) -> None:
    encounters = [str(uuid.uuid4()) for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda encounter: told(gate, journey, encounter), encounters))
    assert set(answers) == {"proceed", "RESOURCE_EXHAUSTED"}
    refused = encounters[answers.index("RESOURCE_EXHAUSTED")]
    assert told(gate, journey, refused) == "proceed", "with the same key: nothing was kept of the refusal"


def test_sr02_callers_of_one_key_are_no_load(gate: Caller, journey: str) -> None:
    encounter = str(uuid.uuid4())
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda _: told(gate, journey, encounter), range(AT_ONCE)))
    assert answers == ["proceed"] * AT_ONCE, "two may be inside, and these are one"


def test_sr03_officers_are_never_refused_for_load(service: Service, gate: Caller, journey: str) -> None:
    officer = service.person("omar", "officer@ZRH")
    going = threading.Event()

    def flood() -> int:
        refused = 0
        while not going.is_set():
            refused += told(gate, journey, str(uuid.uuid4())) == "RESOURCE_EXHAUSTED"
        return refused

    with ThreadPoolExecutor(8) as pool:
        floods = [pool.submit(flood) for _ in range(8)]
        try:
            seen = [officer(officer.people.WhoAmI, people_pb2.WhoAmIRequest()).person for _ in range(20)]
        finally:
            going.set()
    assert seen == ["omar"] * 20
    assert sum(one.result() for one in floods) > 0, "there was load to shed"


def test_sr01_nothing_is_recorded_for_whoever_was_too_late(service: Service, gate: Caller, journey: str) -> None:
    encounter = str(uuid.uuid4())
    with pytest.raises(grpc.RpcError) as late:
        gate.verification.Verify(question(journey, shot("ben-live"), encounter=encounter), timeout=0.004)
    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert service.ask(kept, encounter) == 0
    assert told(gate, journey, encounter) == "proceed", "the retry begins anew"
    assert service.ask(kept, encounter) == 1


def test_sr01_a_hasty_caller_spoils_nothing_for_a_patient_one_with_the_same_key(gate: Caller, journey: str) -> None:
    asked = question(journey, shot("ben-live"))
    hasty = [gate.verification.Verify.future(asked, timeout=0.02) for _ in range(3)]
    patient = gate.verification.Verify(asked, timeout=30)
    assert patient.WhichOneof("directive") == "proceed"
    codes = grpc.StatusCode  # refused at once where it was seen that it would be too late
    assert {one.code() for one in hasty} <= {codes.DEADLINE_EXCEEDED, codes.RESOURCE_EXHAUSTED, codes.OK}


async def test_sr01_neither_decoding_nor_embedding_begins_after_the_deadline() -> None:
    imaging, embedding, past_s = Imaging(), Embedding(1), time.monotonic() - 0.001
    points = [(float(i), float(i)) for i in range(5)]
    try:
        with pytest.raises(TooLate):  # decoded, it would be ImageRefused
            await Looking(imaging, embedding).look([Shot(b"no image", points, 0.9)], past_s)
        with pytest.raises(TooLate):  # embedded, it would be ValueError
            await embedding.embed(np.zeros((1, 1, 3), np.uint8), past_s)
    finally:
        await imaging.close()
        embedding.close()
