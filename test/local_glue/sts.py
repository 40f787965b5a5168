"""The Security Token Service: the caller's identity, and roles.

Every role of a well-formed ARN may be assumed, unless the setting "roles"
restricts it: {"arn:...": {"external_id": "x"}} requires that id and
{"arn:...": {"deny": true}} refuses.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
import xml.sax.saxutils

from local_glue.errors import AwsError
from local_glue.http_server import Response

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
VERSION = "2011-06-15"
ROLE_ARN = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):role/(?:.*/)?([^/]+)")
SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}")
DURATION = (900, 43200)
TOKEN_KEY = secrets.token_bytes(32)

# STS reports the same errors as Glue under other names, and with other
# statuses.
STS_ERRORS = {
    "AccessDenied": ("AccessDenied", 403),
    "ExpiredTokenException": ("ExpiredToken", 403),
    "IncompleteSignatureException": ("IncompleteSignature", 400),
    "InvalidSignatureException": ("SignatureDoesNotMatch", 403),
    "MissingAuthenticationTokenException": ("MissingAuthenticationToken",
                                            403),
    "UnrecognizedClientException": ("InvalidClientTokenId", 403),
    "WebIdentityExpired": ("ExpiredTokenException", 400),
}


def as_xml(value):
    """XML of nested dicts."""
    if isinstance(value, dict):
        return "".join(f"<{name}>{as_xml(item)}</{name}>"
                       for name, item in value.items())
    return xml.sax.saxutils.escape(str(value))


def xml_response(status, root, content):
    """An answer of the Query protocol."""
    body = f'<{root} xmlns="{NAMESPACE}">{as_xml(content)}</{root}>\n'
    return Response(status, body.encode(), [("Content-Type", "text/xml")])


def response(operation, result, request_id):
    """The answer of an operation."""
    return xml_response(200, operation + "Response", {
        operation + "Result": result,
        "ResponseMetadata": {"RequestId": request_id}})


def error_response(error, request_id):
    """An AwsError as STS words it."""
    code, status = STS_ERRORS.get(error.code, (error.code, error.status))
    return xml_response(status, "ErrorResponse", {
        "Error": {"Type": "Sender", "Code": code,
                  "Message": error.message},
        "RequestId": request_id})


def iso_time(seconds):
    """A time as STS writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def needed(form, name):
    """A required parameter."""
    if not form.get(name):
        raise AwsError("ValidationError",
                       "1 validation error detected: Value null at"
                       f" '{name[0].lower() + name[1:]}' failed to satisfy"
                       " constraint: Member must not be null")
    return form[name]


def base64url(data):
    """Base64 as JSON Web Tokens use it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_web_identity(subject, expires):
    """A JSON Web Token that AssumeRoleWithWebIdentity accepts."""
    head = base64url(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    claims = base64url(json.dumps({
        "iss": "https://identity.test", "aud": "sts.amazonaws.com",
        "sub": subject, "exp": int(expires)}).encode())
    mark = hmac.digest(TOKEN_KEY, f"{head}.{claims}".encode(), "sha256")
    return f"{head}.{claims}.{base64url(mark)}"


def read_web_identity(token, now):
    """Read the claims of a token of make_web_identity."""
    signed, _, mark = token.rpartition(".")
    expected = base64url(hmac.digest(TOKEN_KEY, signed.encode(),
                                     hashlib.sha256))
    if not hmac.compare_digest(expected.encode(), mark.encode()):
        raise AwsError("InvalidIdentityToken",
                       "Couldn't retrieve verification key from your"
                       " identity provider, or the token is not genuine.")
    text = signed.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(text + "=="))
    if claims["exp"] <= now:
        raise AwsError("WebIdentityExpired",
                       "Token expired: current date/time"
                       f" {int(now)} must be before the expiration date/time"
                       f" {claims['exp']}")
    return claims


class Sts:
    """The service.  Not locked: the caller holds the server's lock."""

    def __init__(self, credentials, settings):
        self._credentials = credentials
        self._settings = settings
        self._operations = {
            "GetCallerIdentity": self._get_caller_identity,
            "AssumeRole": self._assume_role,
            "AssumeRoleWithWebIdentity": self._assume_by_token,
        }

    def perform(self, operation, form, credential, now):
        """Carry out an operation; returns its result."""
        if form.get("Version") != VERSION \
                or operation not in self._operations:
            raise AwsError("InvalidAction",
                           f"Could not find operation {operation} for"
                           f" version {form.get('Version')}")
        return self._operations[operation](form, credential, now)

    def _get_caller_identity(self, form, credential, now):
        return {"Arn": credential.arn, "UserId": credential.user_id,
                "Account": credential.account}

    def _assume_role(self, form, credential, now):
        role_arn = needed(form, "RoleArn")
        role = self._settings.roles.get(role_arn, {})
        wrong_id = role.get("external_id") not in (
            None, form.get("ExternalId"))
        if role.get("deny") or wrong_id:
            raise AwsError("AccessDenied",
                           f"User: {credential.arn} is not authorized to"
                           f" perform: sts:AssumeRole on resource: {role_arn}")
        return self._session(form, now)

    def _assume_by_token(self, form, credential, now):
        claims = read_web_identity(needed(form, "WebIdentityToken"), now)
        role_arn = needed(form, "RoleArn")
        if self._settings.roles.get(role_arn, {}).get("deny"):
            raise AwsError("AccessDenied", "Not authorized to perform"
                                           " sts:AssumeRoleWithWebIdentity")
        return {**self._session(form, now),
                "SubjectFromWebIdentityToken": claims["sub"],
                "Audience": claims["aud"], "Provider": claims["iss"]}

    def _session(self, form, now):
        """The session of a role, with its new credentials."""
        match = ROLE_ARN.fullmatch(needed(form, "RoleArn"))
        if not match:
            raise AwsError("ValidationError",
                           f"{form['RoleArn']} is invalid")
        partition, account, role = match.groups()
        name = needed(form, "RoleSessionName")
        if not SESSION_NAME.fullmatch(name):
            raise AwsError("ValidationError", "1 validation error detected:"
                           f" Value '{name}' at 'roleSessionName' failed to"
                           " satisfy constraint: Member must satisfy regular"
                           r" expression pattern: [\w+=,.@-]*")
        duration = form.get("DurationSeconds", "3600")
        if not duration.isdecimal() \
                or not DURATION[0] <= int(duration) <= DURATION[1]:
            raise AwsError("ValidationError", "1 validation error detected:"
                           f" Value '{duration}' at 'durationSeconds' failed"
                           " to satisfy constraint: Member must have value"
                           " between 900 and 43200")
        arn = f"arn:{partition}:sts::{account}:assumed-role/{role}/{name}"
        wanted = self._settings.roles.get(form["RoleArn"], {})
        minted = self._credentials.mint(account, arn, now + int(duration),
                                        wanted.get("token_length", 0))
        return {
            "AssumedRoleUser": {"AssumedRoleId": f"AROALOCALGLUE:{name}",
                                "Arn": arn},
            "Credentials": {"AccessKeyId": minted.access_key,
                            "SecretAccessKey": minted.secret_key,
                            "SessionToken": minted.token,
                            "Expiration": iso_time(minted.expires)}}
