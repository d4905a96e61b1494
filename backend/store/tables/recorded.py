"""Tables of what is recorded, and what other systems must still be told."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from backend.store.tables.frame import Serial, metadata

# sealed: the `Biographic` under the day's key (`daily`) of `keys.RECORDS`, about the crossing's id, until every
# system of record holds it.
crossings = Table(
    "crossings",
    metadata,
    Column("crossing", String, primary_key=True),
    Column("journey", String, nullable=False),
    Column("traveler", String, nullable=False),
    Column("person", String, nullable=False),
    Column("encounter", String, nullable=False),
    Column("kind", String, nullable=False),  # biometric or biographic
    Column("direction", String, nullable=False),
    Column("port", String, nullable=False),
    Column("gate", String, nullable=False),
    Column("device", String, nullable=False),
    Column("agent", String),
    Column("policy", String, nullable=False),
    Column("citizen", Boolean, nullable=False),
    Column("sealed", LargeBinary),
    Column("crossed_utc_ms", BigInteger, nullable=False),
    Column("until_utc_ms", BigInteger),  # of an arrival: how long the stay is allowed
    Column("voided_utc_ms", BigInteger),
    ForeignKeyConstraint(["journey"], ["journeys.journey"]),
    ForeignKeyConstraint(["traveler"], ["travelers.traveler"]),
    Index(None, "journey"),
    Index(None, "encounter"),
    Index(None, "person"),
    Index(None, "port", "crossed_utc_ms"),
    Index(None, "crossed_utc_ms", "crossing"),
    Index(None, "until_utc_ms"),
)
# One standing crossing for each traveller and for each encounter; a voided one stays and is in nobody's way (RED-1).
_STANDING = crossings.c.voided_utc_ms.is_(None)
for _name, _columns in (("traveler", ("journey", "traveler")), ("encounter", ("encounter",))):
    Index(
        f"uq_crossings_standing_{_name}",
        *(crossings.c[column] for column in _columns),
        unique=True,
        sqlite_where=_STANDING,
        postgresql_where=_STANDING,
    )

# A record is never changed but by one of these (RED-1).
amendments = Table(
    "amendments",
    metadata,
    Column("amendment", String, primary_key=True),
    Column("crossing", ForeignKey("crossings.crossing"), nullable=False),
    Column("what", String, nullable=False),  # voided, or traveler
    Column("traveler", String),  # whose it became
    Column("reason", String, nullable=False),
    Column("redress", String, nullable=False),
    Column("amended_by", String, nullable=False),
    Column("amended_utc_ms", BigInteger, nullable=False),
)

# What other systems must still be told, written with what it tells.  amendment: "" for the crossing itself.
# trouble: why the last try failed, "" before the first and while it is tried.
outbox = Table(
    "outbox",
    metadata,
    Column("number", Serial, primary_key=True, autoincrement=True),
    Column("system", String, nullable=False),
    Column("crossing", ForeignKey("crossings.crossing"), nullable=False),
    Column("amendment", String, nullable=False),
    Column("queued_utc_ms", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_utc_ms", BigInteger, nullable=False),
    Column("trouble", String, nullable=False),
    Column("sent_utc_ms", BigInteger),
    UniqueConstraint("system", "crossing", "amendment"),
    Index(None, "crossing"),
    Index(None, "sent_utc_ms"),
    Index("ix_outbox_due", "system", "sent_utc_ms", "next_utc_ms"),
)

# The biometric repository says otherwise: a person looks at it.
reconciliations = Table(
    "reconciliations",
    metadata,
    Column("crossing", ForeignKey("crossings.crossing"), primary_key=True),
    Column("verdict", String, nullable=False),
    Column("opened_utc_ms", BigInteger, nullable=False),
    Column("settled_by", String),
    Column("stands", Boolean),
    Column("reason", String),
    Column("settled_utc_ms", BigInteger),
)
