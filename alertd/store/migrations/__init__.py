"""The store's versions; Alembic runs them in a process of its own that ends afterwards."""

HEAD = "0001"
"""The version that this program writes; a test holds it to the newest file in versions."""
