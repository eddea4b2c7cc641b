"""How a campaign went: its numbers, each with what it is a part of, and the page that staff pass on."""
