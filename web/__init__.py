"""The public pages and the web hook. They know no SQL: each handler makes one call into a domain function."""
