"""The whole database as one file, and back. One form for both databases; knows tables and schema, no campaigns."""
