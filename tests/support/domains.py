"""The DNS of a made-up clinic whose domain is in order, to be spoiled record by record. As localgrid asks for it."""

from __future__ import annotations

import base64
from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

Table = dict[tuple[str, str], tuple[str, ...]]
DOMAIN = "clinic.example"
HOME = "u4711.wl.sendgrid.net"
RETURN_PATH = f"em1001.{DOMAIN}"
DMARC = "v=DMARC1; p=quarantine; rua=mailto:reports@clinic.example"


def in_order(**changes: tuple[str, ...]) -> Table:
    """Names of changes: mx, spf, return_path, dkim1, dkim2, key1, key2, dmarc; () takes the record away."""
    table: Table = {
        (DOMAIN, "MX"): changes.get("mx", ("mx.clinic.example",)),
        (DOMAIN, "TXT"): changes.get("spf", ("some-site-verification=1",)),
        (RETURN_PATH, "CNAME"): changes.get("return_path", (HOME,)),
        (HOME, "TXT"): ("v=spf1 ip4:198.51.100.9 -all",),
        (f"_dmarc.{DOMAIN}", "TXT"): changes.get("dmarc", (DMARC,)),
    }
    for n in (1, 2):
        there = f"s{n}.domainkey.{HOME}"
        table[f"s{n}._domainkey.{DOMAIN}", "CNAME"] = changes.get(f"dkim{n}", (there,))
        table[there, "TXT"] = changes.get(f"key{n}", (key_record(2048),))
    return table


@cache
def key_record(bits: int) -> str:
    key = rsa.generate_private_key(65537, bits)
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return f"k=rsa; t=s; p={base64.b64encode(key.public_key().public_bytes(*form)).decode()}"
