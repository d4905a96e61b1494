"""Tables of what must be provable."""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    String,
    Table,
)

from backend.store.tables.frame import metadata

# Devices' own lines.
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

# The service's log: each entry's hash covers the one before.  Names nobody but by ids.
audit_log = Table(
    "audit_log",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at_utc_ms", BigInteger, nullable=False),
    Column("who", String, nullable=False),
    Column("role", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("place", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("result", String, nullable=False),
    Column("hash", String, nullable=False),
    Index(None, "subject"),
    Index(None, "who"),
)

# Signed heads of the log, also given to a witness outside.
audit_heads = Table(
    "audit_heads",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("signed", String, nullable=False),
    Column("signed_utc_ms", BigInteger, nullable=False),
)

# Fingerprints of a constant by the keys that last: another folder of keys is found out before anything is done by it.
key_checks = Table(
    "key_checks",
    metadata,
    Column("name", String, primary_key=True),
    Column("fingerprint", String, nullable=False),
)

# Journeys that must not be purged.
holds = Table(
    "holds",
    metadata,
    Column("hold", String, primary_key=True),
    Column("journey", String, nullable=False),
    Column("proposal", ForeignKey("proposals.proposal"), nullable=False),
    Column("ended_utc_ms", BigInteger),
)

# Rules as changed by two people; the last one counts.
rule_changes = Table(
    "rule_changes",
    metadata,
    Column("proposal", ForeignKey("proposals.proposal"), primary_key=True),
    Column("rule", String, nullable=False),
    Column("value", Float, nullable=False),
    Column("since_utc_ms", BigInteger, nullable=False),
)

# Up to which time the service has lived, in UTC: deletion goes by it, not by a clock that may have jumped.
lived_time = Table(
    "lived_time",
    metadata,
    Column("name", String, primary_key=True),
    Column("utc_ms", BigInteger, nullable=False),
)
