"""The tables, by what they are about; `backend.store.schema` has them all."""
