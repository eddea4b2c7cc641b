"""What Alembic runs for each step: on the connection, and inside the transaction, that migrations.upgrade opened."""

from alembic import context

from base.database import Base

# The metadata brings only its naming convention; the models are not imported, so that old steps stay what they were.
context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
