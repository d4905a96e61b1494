"""The tables.  Times are UTC in milliseconds; `sealed` columns hold what a key of `backend.keys` sealed."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Serial = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by INTEGER only

# --- who may call ----------------------------------------------------------------------------------------------------

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

# issuer and subject: of an outside identity provider; password: an argon2 hash, for a local account.
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

# --- who is expected -------------------------------------------------------------------------------------------------

# mode: air, sea, bus, rail, port (frequent crossers).  direction: out, in, or "" between two ports of one country.
journeys = Table(
    "journeys",
    metadata,
    Column("journey", String, primary_key=True),
    Column("mode", String, nullable=False),
    Column("direction", String, nullable=False),
    Column("carrier", String, nullable=False),  # the peer who announced it
    Column("departure_port", String, nullable=False),
    Column("arrival_port", String, nullable=False),
    Column("departs_utc_ms", BigInteger),
    Column("arrives_utc_ms", BigInteger),
    Column("policy", String, nullable=False),  # version of the policy set of its day
    Column("received_utc_ms", BigInteger, nullable=False),
    Column("searchable_utc_ms", BigInteger),
    Column("closed_utc_ms", BigInteger),  # doors
    Column("cancelled", Boolean, nullable=False),
    Column("purged_utc_ms", BigInteger),
)

# What carriers sent: the same bytes again change nothing.  sealed: parts that wait for the others (`keys.MANIFESTS`).
# travelers, octets: of a waiting part, so that what is too much is refused before anything of it is read again.
messages = Table(
    "messages",
    metadata,
    Column("sha256", String, primary_key=True),
    Column("carrier", String, nullable=False),
    Column("reference", String, nullable=False),
    Column("part", Integer, nullable=False),
    Column("last", Boolean, nullable=False),
    Column("travelers", Integer, nullable=False, default=0),
    Column("octets", Integer, nullable=False, default=0),
    Column("sealed", LargeBinary),
    Column("received_utc_ms", BigInteger, nullable=False),
    Index(None, "carrier", "reference"),
)

# person: `biographic.person`.  sealed: a `Biographic` under the gallery's key, about its traveler id.
# protected: the name is shown for a case only (ACC-2).
travelers = Table(
    "travelers",
    metadata,
    Column("traveler", String, primary_key=True),
    Column("journey", ForeignKey("journeys.journey"), nullable=False),
    Column("person", String, nullable=False),
    Column("seat", String, nullable=False),
    Column("crew", Boolean, nullable=False),
    Column("citizen", Boolean, nullable=False),
    Column("photographed", Boolean, nullable=False),  # the policy set has a photo of this traveller taken
    Column("recorded", Boolean, nullable=False),  # and a crossing sent to the biometric repository
    Column("accommodation", String, nullable=False),  # "", opt_out or documents
    Column("protected", Boolean, nullable=False, default=False),
    Column("removed", Boolean, nullable=False),
    Column("added_utc_ms", BigInteger, nullable=False),
    Column("sealed", LargeBinary),
    UniqueConstraint("journey", "person"),
    Index(None, "person"),
)

# sealed: a template under the gallery's or its citizens' key, about "traveler/sample".
templates = Table(
    "templates",
    metadata,
    Column("traveler", ForeignKey("travelers.traveler"), primary_key=True),
    Column("version", String, primary_key=True),
    Column("sample", Integer, primary_key=True),
    Column("source", String, nullable=False),
    Column("quality", Integer, nullable=False),  # 0..100 of the photo it was made from
    Column("photo", String, nullable=False),  # keyed fingerprint of the photo's bytes: finds duplicates
    Column("sealed", LargeBinary, nullable=False),
)

# Photos that gave no template, with why, until the hygiene report is no longer needed.  number -1: no photo came at
# all, from a source that did not answer or, source "", from any.
photo_refusals = Table(
    "photo_refusals",
    metadata,
    Column("traveler", ForeignKey("travelers.traveler"), primary_key=True),
    Column("source", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("why", String, nullable=False),
)

# Who keeps a gallery.  revision: counts changes of its templates.  version, begun: of the templates, and when the
# service that makes them started: the later started one decides which model counts.  replica: builds it until then.
galleries = Table(
    "galleries",
    metadata,
    Column("journey", ForeignKey("journeys.journey"), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("version", String, nullable=False),
    Column("begun_utc_ms", BigInteger, nullable=False),
    Column("replica", String, nullable=False),
    Column("until_utc_ms", BigInteger, nullable=False),
)

# What boards at which gate.  Two ports may each have a gate of the same name.
assignments = Table(
    "assignments",
    metadata,
    Column("port", String, primary_key=True),
    Column("gate", String, primary_key=True),
    Column("journey", ForeignKey("journeys.journey"), nullable=False),
)

# CUSRES interchanges for a carrier; sealed under the journey's gallery key, about its number's uuid.
answers = Table(
    "answers",
    metadata,
    Column("number", Serial, primary_key=True, autoincrement=True),
    Column("answer", String, nullable=False, unique=True),
    Column("carrier", String, nullable=False),
    Column("journey", ForeignKey("journeys.journey"), nullable=False),
    Column("sealed", LargeBinary),
    Column("made_utc_ms", BigInteger, nullable=False),
    Column("held", Boolean, nullable=False),  # the carrier has it
)

# --- what was asked and answered -------------------------------------------------------------------------------------

decisions = Table(
    "decisions",
    metadata,
    Column("encounter", String, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("request_sha256", String, nullable=False),
    Column("decision", String, nullable=False, unique=True),
    Column("purpose", String, nullable=False),  # cross or identify
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

# --- what is recorded ------------------------------------------------------------------------------------------------

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

# --- officers --------------------------------------------------------------------------------------------------------

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
    Index(None, "person"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("alert", String, primary_key=True),
    Column("decision", ForeignKey("decisions.decision"), nullable=False, unique=True),
    Column("reason", String, nullable=False),  # hotlist, no_match, duplicate, liveness
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
    # Whom somebody keeps from travelling was named by a person, for something that is not the face (HUM-1, BI-07).
    CheckConstraint(
        "coalesce(adjudication, '') <> 'intercept' OR (taken_by IS NOT NULL AND coalesce(ground, '') <> '')", "ground"
    ),
    Index(None, "adjudication", "port"),
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
)

# --- what must be provable -------------------------------------------------------------------------------------------

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
