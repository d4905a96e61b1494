"""The tables."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    false,
)

VERSION = 2
UPGRADES = {1: "ALTER TABLE decisions ADD COLUMN assisted BOOLEAN DEFAULT 0 NOT NULL"}  # by the version they start from
metadata = MetaData()

# Who may call: certificates name a peer, this table says which peers are still welcome.
peers = Table(
    "peers",
    metadata,
    Column("name", String, primary_key=True),
    Column("role", String, nullable=False),
    Column("gate", String),
    Column("welcome", Boolean, nullable=False),
)

journeys = Table(
    "journeys",
    metadata,
    Column("journey", String, primary_key=True),
    Column("received_utc_ms", BigInteger, nullable=False),
)

travelers = Table(
    "travelers",
    metadata,
    Column("traveler", String, primary_key=True),
    Column("journey", ForeignKey("journeys.journey"), nullable=False),
    Column("name", String, nullable=False),
    Column("seat", String, nullable=False),
    Column("photo_key", String, nullable=False),
    UniqueConstraint("journey", "photo_key"),
)

templates = Table(
    "templates",
    metadata,
    Column("traveler", ForeignKey("travelers.traveler"), primary_key=True),
    Column("sample", Integer, primary_key=True),
    Column("version", String, nullable=False),
    Column("vector", LargeBinary, nullable=False),
)

assignments = Table(
    "assignments",
    metadata,
    Column("gate", String, primary_key=True),
    Column("journey", ForeignKey("journeys.journey"), nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("encounter", String, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("request_sha256", String, nullable=False),
    Column("decision", String, nullable=False, unique=True),
    Column("device", String, nullable=False),
    Column("journey", ForeignKey("journeys.journey"), nullable=False),
    Column("directive", String, nullable=False),
    Column("cue", String),
    Column("attempts_left", Integer, nullable=False),
    Column("concern", String),
    Column("traveler", ForeignKey("travelers.traveler")),
    Column("score", Float),
    Column("runner_up", Float),
    Column("accept", Float, nullable=False),
    Column("gallery_size", Integer, nullable=False),
    Column("policy", String, nullable=False),
    Column("assisted", Boolean, nullable=False, server_default=false()),
    Column("capture", LargeBinary, nullable=False),
    Column("decided_utc_ms", BigInteger, nullable=False),
)

crossings = Table(
    "crossings",
    metadata,
    Column("crossing", String, primary_key=True),
    Column("journey", String, nullable=False),
    Column("traveler", String, nullable=False),
    Column("encounter", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("device", String, nullable=False),
    Column("agent", String),
    Column("crossed_utc_ms", BigInteger, nullable=False),
    UniqueConstraint("journey", "traveler"),
    ForeignKeyConstraint(["journey"], ["journeys.journey"]),
    ForeignKeyConstraint(["traveler"], ["travelers.traveler"]),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("encounter", String, primary_key=True),
    Column("outcome", String, nullable=False),
    Column("status", String, nullable=False),
    Column("reported_utc_ms", BigInteger, nullable=False),
)

# What other systems must still be told, written with the crossing it tells.
outbox = Table(
    "outbox",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("system", String, nullable=False),
    Column("crossing", ForeignKey("crossings.crossing"), nullable=False),
    Column("sent_utc_ms", BigInteger),
    UniqueConstraint("system", "crossing"),
)

audit = Table(
    "audit",
    metadata,
    Column("device", String, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("at_utc_ms", BigInteger, nullable=False),
    Column("event", String, nullable=False),
    Column("encounter", String, nullable=False),
    Column("detail", String, nullable=False),
)
