"""A local SendGrid: speaks its v3 API over real HTTP, judges as it documents, and misbehaves on demand."""
