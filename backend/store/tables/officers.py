"""Tables of what officers are told, propose and allow."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
)

from backend.store.tables.frame import metadata

# One person proposes, another settles.  body: the request's `what`, serialized; sealed where it names a person.
proposals = Table(
    "proposals",
    metadata,
    Column("proposal", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("reason", String, nullable=False),
    Column("proposed_by", String, nullable=False),
    Column("proposed_utc_ms", BigInteger, nullable=False),
    Column("settled", String, nullable=False),  # "", approved, rejected
    Column("settled_by", String),
    Column("settled_reason", String),
    Column("settled_utc_ms", BigInteger),
    Column("made", String, nullable=False),
    Column("digest", String),  # of what the settler has seen
    CheckConstraint("settled_by IS NULL OR settled_by <> proposed_by", "four_eyes"),
)

# Only what a second person has validated is here (HUM-2).  sealed: the entry, under `keys.RECORDS`, about its id.
hotlist = Table(
    "hotlist",
    metadata,
    Column("entry", String, primary_key=True),
    Column("person", String, nullable=False),
    Column("proposal", ForeignKey("proposals.proposal"), nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("until_utc_ms", BigInteger, nullable=False),
    Column("ended_utc_ms", BigInteger),
    Index(None, "person", "until_utc_ms", "ended_utc_ms"),  # whether one stands is in it: found or not, alike in time
)

# decision: what raised it; none of one that is raised ahead of boarding (reason expected), of which `expected` says by
# which traveler's origin and entry, `told` what officers know of it by parts, `changed` which of them changed last, and
# `ended` why it is over.
alerts = Table(
    "alerts",
    metadata,
    Column("alert", String, primary_key=True),
    Column("decision", ForeignKey("decisions.decision"), unique=True),
    Column("reason", String, nullable=False),  # hotlist, no_match, duplicate, liveness, held_boarded, expected
    Column("port", String, nullable=False),
    Column("gate", String, nullable=False),
    Column("journey", String, nullable=False),
    Column("traveler", String),
    Column("entry", String),  # of the hotlist
    Column("raised_utc_ms", BigInteger, nullable=False),
    Column("escalated_utc_ms", BigInteger),
    Column("taken_by", String),
    Column("taken_utc_ms", BigInteger),
    Column("adjudication", String),
    Column("reason_given", String),
    Column("ground", String),
    Column("adjudicated_utc_ms", BigInteger),
    Column("expected", String),
    Column("told", String),
    Column("changed", String),
    Column("changed_utc_ms", BigInteger),
    Column("ended", String),  # doors_closed, cancelled, purged, entry
    # Whom somebody keeps from travelling was named by a person, for something that is not the face (HUM-1, BI-07).
    CheckConstraint(
        "coalesce(adjudication, '') <> 'intercept' OR (taken_by IS NOT NULL AND coalesce(ground, '') <> '')", "ground"
    ),
    Index(None, "adjudication", "port"),
    Index(None, "expected", unique=True),
    Index(None, "traveler", "journey", "adjudication", "adjudicated_utc_ms"),
    Index("ix_alerts_overdue", "adjudication", "taken_by", "escalated_utc_ms", "raised_utc_ms"),
)

# A named person lets one traveller pass once in spite of what the policy says.
allowances = Table(
    "allowances",
    metadata,
    Column("allowance", String, primary_key=True),
    Column("journey", String, nullable=False),
    Column("traveler", ForeignKey("travelers.traveler"), nullable=False),
    Column("given_by", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("alert", String),
    Column("given_utc_ms", BigInteger, nullable=False),
    Column("until_utc_ms", BigInteger, nullable=False),
    Column("used_by", String),  # the decision, else the encounter or the interception (alert) that spent it
    Index(None, "journey", "traveler"),
)
