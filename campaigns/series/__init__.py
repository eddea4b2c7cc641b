"""Series: rules that make a campaign on each of their dates. Others ask needs.py what staff have to do,
and next.py what is to come."""
