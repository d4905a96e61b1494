"""All tables: releases before this one kept names unsealed, so nothing is carried over from them."""

from alembic import op

from backend.store.schema import metadata

revision = "0004"
down_revision = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())
