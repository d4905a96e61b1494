"""A model of the whole gate line for the Spin model checker, and what runs it."""
