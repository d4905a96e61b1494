"""What Alembic runs for each command: the steps, on the connection and in the transaction it was given."""

from alembic import context

from backend.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
