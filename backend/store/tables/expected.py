"""Tables of who is expected: journeys, travellers, templates, galleries, answers to carriers."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from backend.store.tables.frame import Serial, metadata

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
    Column("citizens_purged_utc_ms", BigInteger),  # the first time: nothing of them was left (RET-1)
    Column("purged_utc_ms", BigInteger),
    Index(None, "purged_utc_ms"),
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
# protected: the name is shown for a case only (ACC-2).  origin: the traveler id under which the carrier first listed
# this person, on whichever journey; one that names another document makes another traveler of the same origin.
travelers = Table(
    "travelers",
    metadata,
    Column("traveler", String, primary_key=True),
    Column("journey", ForeignKey("journeys.journey"), nullable=False),
    Column("person", String, nullable=False),
    Column("origin", String),
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
    Index(None, "origin"),
    # What a look at a gallery asks, from here alone: sealed names would be read and deciphered with the rows.
    Index(
        "ix_travelers_gallery",
        "journey",
        "traveler",
        "removed",
        "accommodation",
        "photographed",
        "citizen",
    ),
)

# Every document a carrier has named for somebody: what stands against one of them stands against the holder.
# person: as of `travelers`; gone with the names.
traveler_documents = Table(
    "traveler_documents",
    metadata,
    Column("origin", String, primary_key=True),
    Column("person", String, primary_key=True),
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
    Index("ix_templates_gallery", "traveler", "version", "photo"),  # as that of the travellers
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

# Who keeps a gallery.  revision: counts changes of its templates and of those whose it must hold.  version, begun: of
# the templates, and when the service that makes them started: the later started one decides which model counts.
# replica: builds it until then.
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

# What boarded at a device's gate while it stood there: whose outcomes it may still report.
boardings = Table(
    "boardings",
    metadata,
    Column("device", ForeignKey("peers.name"), primary_key=True),
    Column("journey", ForeignKey("journeys.journey"), primary_key=True),
    Column("port", String, primary_key=True),
    Column("gate", String, primary_key=True),
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
