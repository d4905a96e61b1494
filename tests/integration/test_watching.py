"""What a gate is told by its service: of its own port only, only news, and the rules as they are now."""

from itertools import pairwise

from limen.v1 import approvals_pb2, fleet_pb2
from limen.v1 import manifests_pb2 as pb

from tests.conftest import Caller, Person, Service, board, flight, manifest
from tests.integration.acts import settlement
from vision.embed import template_version


def test_acc1_a_gate_is_not_shown_who_boards_at_another_ports_gate_of_the_same_name(
    service: Service, gate: Caller, journey: str
) -> None:
    elsewhere = service.add("g1-gva", "gate", "G1", "GVA")
    state = next(iter(elsewhere.manifests.WatchGallery(pb.WatchGalleryRequest(), timeout=10)))
    assert state == pb.GalleryState()
    state = next(iter(gate.manifests.WatchGallery(pb.WatchGalleryRequest(), timeout=10)))
    assert (state.journey, len(state.expected)) == (journey, 3)


def test_a_gate_is_sent_what_is_new_to_it_and_nothing_twice(
    carrier: Caller, operator: Caller, gate: Caller, journey: str
) -> None:
    stream = gate.manifests.WatchGallery(pb.WatchGalleryRequest(), timeout=60)
    states = [next(stream)]
    for _ in range(5):  # rings the bell that gates listen to, and changes nothing at this one
        carrier.manifests.Submit(pb.SubmitRequest(interchange=manifest(flight(), ["N1"])), timeout=10)
    following = board(carrier, operator, gate, flight(), ["N2"])
    while not (states[-1].journey == following and states[-1].ready):
        states.append(next(stream))
    stream.cancel()
    assert states[0].journey == journey
    assert all(before != after for before, after in pairwise(states))


def test_attempts_that_two_people_changed_reach_the_gates(service: Service, gate: Caller) -> None:
    analyst, supervisor = service.person("w.keller", "analyst@*"), service.person("w.graf", "supervisor@*")
    assert greeted(gate).attempts == 3
    change(analyst, supervisor, 2)
    assert greeted(gate).attempts == 2
    change(analyst, supervisor, 3)


def greeted(gate: Caller) -> fleet_pb2.HelloReply:
    hello = fleet_pb2.HelloRequest(device="g1", software="t", template_version=template_version())
    reply: fleet_pb2.HelloReply = gate.fleet.Hello(hello, timeout=10)
    return reply


def change(analyst: Person, supervisor: Person, attempts: int) -> None:
    rule = approvals_pb2.RuleChange(rule="attempts", value=attempts)
    proposed = analyst(analyst.approvals.Propose, approvals_pb2.ProposeRequest(reason="as measured", rule=rule))
    supervisor(supervisor.approvals.Settle, settlement(supervisor, proposed.proposal))
