"""Tables of who may call."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from backend.store.tables.frame import metadata

# Certificates name a peer, this table says which peers are still welcome.  port: of a gate or an operator (* for every
# port), else "".  generation: certificates of an earlier one are refused, so one that was lost stays refused.
# carriers: codes a carrier may announce, separated by spaces.
peers = Table(
    "peers",
    metadata,
    Column("name", String, primary_key=True),
    Column("role", String, nullable=False),
    Column("gate", String),
    Column("port", String, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("carriers", String, nullable=False, default=""),
    Column("welcome", Boolean, nullable=False),
)

# issuer and subject: of an outside identity provider; password: an argon2 hash, for a local account.  enrolment: the
# proposal by whose one-time code the person may set a password until then.
people = Table(
    "people",
    metadata,
    Column("person", String, primary_key=True),
    Column("password", String),
    Column("issuer", String),
    Column("subject", String),
    Column("welcome", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("barred_until_utc_ms", BigInteger, nullable=False),
    Column("enrolment", String),
    Column("enrolment_until_utc_ms", BigInteger),
    UniqueConstraint("issuer", "subject"),
)

posts = Table(
    "posts",
    metadata,
    Column("person", ForeignKey("people.person"), primary_key=True),
    Column("role", String, primary_key=True),
    Column("port", String, primary_key=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", String, primary_key=True),
    Column("person", ForeignKey("people.person"), nullable=False),
    Column("until_utc_ms", BigInteger, nullable=False),
)

# Agents' shifts, begun at a gate with a password, or in an outage by a one-time code (verifier; "" for none).
# finding: why a code was not good after all, "" where it was.  person: as the gate had it, maybe without an account.
shifts = Table(
    "shifts",
    metadata,
    Column("session", String, primary_key=True),
    Column("person", String, nullable=False),
    Column("port", String, nullable=False),
    Column("gate", String, nullable=False),
    Column("device", String, nullable=False),
    Column("begun_utc_ms", BigInteger, nullable=False),
    Column("until_utc_ms", BigInteger, nullable=False),
    Column("ended_utc_ms", BigInteger),
    Column("verifier", String, nullable=False),
    Column("finding", String, nullable=False),
    Index(None, "person"),
)

# verifier: a slow hash (`people.codes`).  session: the shift it began.
shift_codes = Table(
    "shift_codes",
    metadata,
    Column("verifier", String, primary_key=True),
    Column("person", ForeignKey("people.person"), nullable=False),
    Column("issued_utc_ms", BigInteger, nullable=False),
    Column("withdrawn_utc_ms", BigInteger),
    Column("session", String),
    Index(None, "person"),
)
