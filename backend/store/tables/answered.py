"""Tables of what was asked at the gates and answered."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
)

from backend.store.tables.frame import metadata

decisions = Table(
    "decisions",
    metadata,
    Column("encounter", String, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("request_sha256", String, nullable=False),
    Column("decision", String, nullable=False, unique=True),
    Column("purpose", String, nullable=False),  # cross, identify, documents; boarded: nobody asked
    Column("device", String, nullable=False),
    Column("gate", String, nullable=False),
    Column("port", String, nullable=False),
    Column("journey", ForeignKey("journeys.journey"), nullable=False),
    Column("directive", String, nullable=False),
    Column("cue", String),
    Column("attempts_left", Integer, nullable=False),
    Column("concern", String),
    Column("traveler", ForeignKey("travelers.traveler")),  # of a PROCEED
    Column("subject", ForeignKey("travelers.traveler")),  # who it was about, if anybody; operators never see it
    Column("score", Float),
    Column("runner_up", Float),
    Column("accept", Float, nullable=False),
    Column("gallery_size", Integer, nullable=False),
    Column("policy", String, nullable=False),
    Column("assisted", Boolean, nullable=False),
    Column("officer", Boolean, nullable=False),  # an officer must be told: `alerts` are made of these
    Column("allowance", String),  # that let the traveller pass
    Column("capture", LargeBinary, nullable=False),
    Column("decided_utc_ms", BigInteger, nullable=False),
    Index(None, "journey"),
    Index(None, "officer", "decided_utc_ms"),
    Index(None, "decided_utc_ms", "decision"),
)

# The live image of an answer, for the biometric repository: sealed under the gallery's key, about "encounter/attempt".
# Never of a citizen (RET-1), gone when sent or with the gallery (RET-2).
captures = Table(
    "captures",
    metadata,
    Column("encounter", String, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("journey", ForeignKey("journeys.journey"), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("taken_utc_ms", BigInteger, nullable=False),
    ForeignKeyConstraint(["encounter", "attempt"], ["decisions.encounter", "decisions.attempt"]),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("encounter", String, primary_key=True),
    Column("outcome", String, nullable=False),
    Column("status", String, nullable=False),
    Column("reported_utc_ms", BigInteger, nullable=False),
)
