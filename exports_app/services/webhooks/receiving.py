"""How programs receive and verify messages: for the page and the API's document. The same is in
docs/webhooks.md; a test compares them, and runs the programs."""

from dataclasses import dataclass

HEADERS = {
    "webhook-id": "of the message: the same at each attempt, and for each webhook that gets it."
    " Keep it, to pass over what you have seen",
    "webhook-timestamp": "seconds since 1970 of this attempt: refuse what is older than five"
    " minutes",
    "webhook-signature": "v1, a comma and the signature in base64; two of them, separated by a"
    " space, for 24 hours after the secret was rotated: accept a message if one of them is right",
}
"""What each header of a message is."""


@dataclass(frozen=True)
class Program:
    """Verifies a message. about: how it is used."""

    name: str
    about: str
    code: str


PROGRAMS = (
    Program(
        "Python",
        "pip install standardwebhooks",
        r'''import os
from standardwebhooks import Webhook


def receive(body: bytes, headers: dict[str, str]) -> dict:
    """Raises WebhookVerificationError where the message is not ours, or too old."""
    return Webhook(os.environ["WEBHOOK_SECRET"]).verify(body.decode(), headers)
''',
    ),
    Program(
        "Node",
        "Without a library",
        r"""const crypto = require("node:crypto");

function verify(body, headers) {
  const [id, at] = [headers["webhook-id"], headers["webhook-timestamp"]];
  const signatures = (headers["webhook-signature"] ?? "").split(" ");
  if (!id || !at) throw new Error("not ours");
  if (!(Math.abs(Date.now() / 1000 - Number(at)) <= 300)) throw new Error("too old");
  const key = Buffer.from(process.env.WEBHOOK_SECRET.replace("whsec_", ""), "base64");
  const expected = crypto.createHmac("sha256", key).update(`${id}.${at}.${body}`).digest();
  const valid = signatures.some((signature) => {
    const given = Buffer.from(signature.replace("v1,", ""), "base64");
    return given.length === expected.length && crypto.timingSafeEqual(given, expected);
  });
  if (!valid) throw new Error("not ours");
  return JSON.parse(body);
}
""",
    ),
    Program(
        "Command line",
        "Of a message whose body is in body.json",
        r"""key=$(printf %s "${WEBHOOK_SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \n')
signature=$({ printf %s "$ID.$TIMESTAMP."; cat body.json; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)
case " $SIGNATURE " in *" v1,$signature "*) echo valid ;; esac
""",
    ),
)
