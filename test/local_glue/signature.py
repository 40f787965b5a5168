"""Verification of AWS Signature Version 4, from the algorithm's text.

This is written from the published algorithm and shares nothing with the
client under test, so that an error in one is not repeated in the other.  It
is stricter than AWS in one point that AWS merely tolerates: the signed
headers must be listed in lower case and in order.

The refusals are AWS's.  In particular the one for a wrong signature quotes
the canonical request, security token included: a client that passes AWS's
texts on reveals a secret, and its tests should see it.
"""

import calendar
import dataclasses
import functools
import hashlib
import hmac
import re
import time
import urllib.parse

from local_glue.errors import AwsError

ALGORITHM = "AWS4-HMAC-SHA256"
TOLERANCE_MINUTES = 5
DATE_FORMAT = "%Y%m%dT%H%M%SZ"

INVALID_TOKEN = "The security token included in the request is invalid."
EXPIRED_TOKEN = "The security token included in the request is expired"
MISMATCH = (
    "The request signature we calculated does not match the signature you"
    " provided. Check your AWS Secret Access Key and signing method. Consult"
    " the service documentation for details.\n\n"
    "The Canonical String for this request should have been\n'{canonical}'"
    "\n\nThe String-to-Sign should have been\n'{to_sign}'\n")


@dataclasses.dataclass(frozen=True)
class Claim:
    """The parts of an Authorization header."""

    access_key: str
    date: str
    region: str
    service: str
    signed_headers: tuple
    signature: str

    @property
    def scope(self):
        """The scope of the signing key."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def incomplete(message):
    """The error for an Authorization header that cannot be parsed."""
    return AwsError("IncompleteSignatureException", message)


def invalid(message):
    """The error for a signature that is parsed and wrong."""
    return AwsError("InvalidSignatureException", message)


def parse_authorization(value):
    """Read an Authorization header into a Claim."""
    if not value:
        raise AwsError("MissingAuthenticationTokenException",
                       "Missing Authentication Token")
    algorithm, _, rest = value.partition(" ")
    if algorithm != ALGORITHM:
        raise incomplete(f"Unsupported AWS 'algorithm': '{algorithm}'.")
    fields = dict(field.strip().partition("=")[::2]
                  for field in rest.split(","))
    missing = [name for name in ("Credential", "SignedHeaders", "Signature")
               if not fields.get(name)]
    if missing:
        raise incomplete(" ".join(
            f"Authorization header requires '{name}' parameter."
            for name in missing))
    scope = fields["Credential"].split("/")
    if len(scope) != 5 or scope[4] != "aws4_request":
        raise incomplete(
            "Credential must have exactly 5 slash-delimited elements, e.g."
            f" keyid/date/region/service/term, got '{fields['Credential']}'")
    return Claim(scope[0], scope[1], scope[2], scope[3],
                 tuple(fields["SignedHeaders"].split(";")),
                 fields["Signature"])


def canonical_path(path):
    """Normalise the path of a message and encode it once more."""
    parts = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    normal = "/" + "/".join(parts)
    if parts and path.endswith("/"):
        normal += "/"
    return urllib.parse.quote(normal, safe="/-_.~")


def canonical_query(query):
    """Sort the parameters of a query string, encoded uniformly."""
    pairs = []
    for parameter in query.split("&") if query else []:
        name, _, value = parameter.partition("=")
        pairs.append(tuple(
            urllib.parse.quote(urllib.parse.unquote(text), safe="-_.~")
            for text in (name, value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def canonical_request(request, signed_headers):
    """The text of the whole request that is hashed."""
    lines = [request.method, canonical_path(request.path),
             canonical_query(request.query)]
    for name in signed_headers:
        value = re.sub(r"[ \t]+", " ", request.headers[name]).strip()
        lines.append(f"{name}:{value}")
    lines += ["", ";".join(signed_headers),
              hashlib.sha256(request.body).hexdigest()]
    return "\n".join(lines)


def string_to_sign(amz_date, scope, canonical):
    """The text that is signed."""
    digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
    return "\n".join([ALGORITHM, amz_date, scope, digest])


def hmac_sha256(key, text):
    """One step of the chain of keys."""
    return hmac.digest(key, text.encode(), "sha256")


@functools.lru_cache(maxsize=256)
def signing_key(secret_key, date, region, service):
    """The key of one day, region and service."""
    key = ("AWS4" + secret_key).encode()
    for text in (date, region, service, "aws4_request"):
        key = hmac_sha256(key, text)
    return key


def check_signed_headers(request, claim):
    """Refuse a request with an unsigned header that must be signed."""
    if list(claim.signed_headers) != sorted(
            name.lower() for name in claim.signed_headers):
        raise invalid("The signed headers must be sorted and in lower case.")
    for name in claim.signed_headers:
        if name not in request.headers:
            raise invalid(f"The signed header '{name}' is not in the"
                          " request.")
    if "host" not in claim.signed_headers:
        raise invalid("'Host' or ':authority' must be a 'SignedHeader' in"
                      " the AWS Authorization.")
    for name in request.headers:
        if name == "content-type" or name.startswith("x-amz-"):
            if name not in claim.signed_headers:
                raise invalid(f"'{name}' must be a 'SignedHeader' in the AWS"
                              " Authorization.")


def check_scope(claim, amz_date, service, region):
    """Refuse a signature of another scope."""
    if claim.service != service:
        raise invalid("Credential should be scoped to correct service:"
                      f" '{service}'. ")
    if not claim.region or (region and claim.region != region):
        raise invalid("Credential should be scoped to a valid region, not"
                      f" '{claim.region}'. ")
    if claim.date != amz_date[:8]:
        raise invalid(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601"
            f" version of date from HTTP: '{claim.date}' !="
            f" '{amz_date[:8]}', from '{amz_date}'.")


@functools.lru_cache(maxsize=256)
def parse_date(amz_date):
    """The seconds since 1970 of an X-Amz-Date."""
    try:
        return calendar.timegm(time.strptime(amz_date, DATE_FORMAT))
    except ValueError:
        raise incomplete("Date must be in ISO-8601 'basic format'. Got"
                         f" '{amz_date}'.") from None


def check_date(amz_date, now):
    """Refuse a signature that is too old or not yet due."""
    signed = parse_date(amz_date)
    limit = TOLERANCE_MINUTES * 60
    server = time.strftime(DATE_FORMAT, time.gmtime(now))
    if signed < now - limit:
        bound = time.strftime(DATE_FORMAT, time.gmtime(now - limit))
        raise invalid(f"Signature expired: {amz_date} is now earlier than"
                      f" {bound} ({server} - {TOLERANCE_MINUTES} min.)")
    if signed > now + limit:
        bound = time.strftime(DATE_FORMAT, time.gmtime(now + limit))
        raise invalid(f"Signature not yet current: {amz_date} is still later"
                      f" than {bound} ({server} + {TOLERANCE_MINUTES} min.)")


def check_token(credential, token, now):
    """Refuse a session token that is wrong or expired."""
    if not hmac.compare_digest(credential.token.encode(), token.encode()):
        raise AwsError("UnrecognizedClientException", INVALID_TOKEN)
    if credential.expires and credential.expires <= now:
        raise AwsError("ExpiredTokenException", EXPIRED_TOKEN)


def check_payload_hash(request):
    """Refuse a wrong hash of the body, if the client sent one."""
    stated = request.headers.get("x-amz-content-sha256")
    if stated is not None:
        if stated != hashlib.sha256(request.body).hexdigest():
            raise invalid("The value of the header x-amz-content-sha256 does"
                          " not match the body.")


def check_signature(request, claim, credential, amz_date):
    """Refuse a signature that was not made with the credential's secret."""
    canonical = canonical_request(request, claim.signed_headers)
    to_sign = string_to_sign(amz_date, claim.scope, canonical)
    key = signing_key(credential.secret_key, claim.date, claim.region,
                      claim.service)
    expected = hmac_sha256(key, to_sign).hex()
    if not hmac.compare_digest(expected, claim.signature):
        raise invalid(MISMATCH.format(canonical=canonical, to_sign=to_sign))


def verify(request, claim, service, credentials, now, region=""):
    """Check the signature that a request claims; return the Credential.

    now is the server's clock, region the only one accepted ("" for any).
    Raises AwsError with the text of AWS in the same case.
    """
    amz_date = request.headers.get("x-amz-date")
    if not amz_date:
        raise incomplete("Authorization header requires existence of either"
                         " a 'X-Amz-Date' or a 'Date' header.")
    check_signed_headers(request, claim)
    credential = credentials.find(claim.access_key)
    if credential is None:
        raise AwsError("UnrecognizedClientException", INVALID_TOKEN)
    check_token(credential, request.headers.get("x-amz-security-token", ""),
                now)
    check_scope(claim, amz_date, service, region)
    check_date(amz_date, now)
    check_payload_hash(request)
    check_signature(request, claim, credential, amz_date)
    return credential
