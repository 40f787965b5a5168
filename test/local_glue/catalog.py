"""The connections, and their form in an answer.

A connection keeps the whole input, secrets included; the settings at the time
of the request decide the contents of an answer.  Each account and region has
a catalog of its own.
"""

import base64
import copy
import dataclasses
import hashlib
import re

MARKER = re.compile(
    r"local_glue: (?P<now>in-progress|failed)"
    r"(?: (?P<outcome>ready|failed)-after-(?P<unit>reads|ms)="
    r"(?P<count>\d+))?(?: reason=(?P<reason>[^\n]*))?")

PLAIN_PASSWORDS = ("PASSWORD",)
ALL_PASSWORDS = (
    "PASSWORD", "KAFKA_CLIENT_KEYSTORE_PASSWORD", "KAFKA_CLIENT_KEY_PASSWORD",
    "KAFKA_SASL_PLAIN_PASSWORD", "KAFKA_SASL_SCRAM_PASSWORD")

# An AuthenticationConfiguration comes back without credentials.
SHOWN_AUTHENTICATION = ("AuthenticationType", "SecretArn", "KmsKeyArn")
SHOWN_OAUTH2 = ("OAuth2GrantType", "OAuth2ClientApplication", "TokenUrl",
                "TokenUrlParametersMap")

# Properties that an answer adds on request, if the definition lacks them.
DEFAULT_PROPERTIES = {
    "JDBC": {"JDBC_ENFORCE_SSL": "false",
             "SKIP_CUSTOM_JDBC_CERT_VALIDATION": "false"},
    "KAFKA": {"KAFKA_SSL_ENABLED": "true",
              "KAFKA_SKIP_CUSTOM_CERT_VALIDATION": "false"},
    "MYSQL": {"JDBC_ENFORCE_SSL": "false", "KAFKA_SSL_ENABLED": "false"},
}
EMPTY_MEMBERS = {
    "Description": "", "MatchCriteria": [], "SparkProperties": {},
    "AthenaProperties": {}, "PythonProperties": {},
    "PhysicalConnectionRequirements": {"SecurityGroupIdList": []},
    "AuthenticationConfiguration": {},
}
INLINE_CREDENTIALS = ("BasicAuthenticationCredentials",
                      "CustomAuthenticationCredentials")
OWN_SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:glue!own"

PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"),
              ("us-iso-", "aws-iso"), ("us-isob-", "aws-iso-b"),
              ("eu-isoe-", "aws-iso-e"), ("us-isof-", "aws-iso-f"),
              ("eusc-", "aws-eusc"))


def partition_of(region):
    """The partition of a region."""
    for prefix, partition in PARTITIONS:
        if region.startswith(prefix):
            return partition
    return "aws"


@dataclasses.dataclass
class StatusPlan:
    """The way of a connection's status on from IN_PROGRESS."""

    outcome: str = "READY"
    reads: int = 0              # this many answers say IN_PROGRESS
    until: float = 0.0          # and until this time, if not 0
    reason: str = ""

    def is_over(self, now):
        """Does this answer show the outcome?  Counts the answer if not."""
        if self.until:
            return now >= self.until
        self.reads -= 1
        return self.reads < 0


@dataclasses.dataclass
class Connection:
    """One connection, in full."""

    definition: dict
    tags: dict
    created: float
    updated: float
    updated_by: str
    status: str = "READY"
    status_reason: str = ""
    validated: float = 0.0      # 0: never
    plan: StatusPlan = None

    @property
    def schema_version(self):
        """2 if the definition has authentication of its own, else 1."""
        return 2 if "AuthenticationConfiguration" in self.definition else 1

    def follow_marker(self, now):
        """Follow the marker in the description, if it has one."""
        match = MARKER.search(self.definition.get("Description", ""))
        if not match:
            return
        reason = match["reason"] or "The marker in the description says so."
        if match["now"] == "failed":
            self.status, self.status_reason = "FAILED", reason
            return
        count = int(match["count"] or 1)
        by_time = match["unit"] == "ms"
        self.begin(StatusPlan((match["outcome"] or "ready").upper(),
                              0 if by_time else count,
                              now + count / 1000 if by_time else 0.0, reason))

    def begin(self, plan):
        """Be in progress until the plan is over."""
        self.status = "IN_PROGRESS"
        self.status_reason = ""
        self.plan = plan

    def advance(self, now):
        """Advance the plan by one answer."""
        if self.plan and self.plan.is_over(now):
            self.status = self.plan.outcome
            if self.status == "FAILED":
                self.status_reason = self.plan.reason
            self.plan = None

    def as_answer(self, settings, hide_password):
        """The connection as GetConnection shows it."""
        answer = {name: value for name, value in self.definition.items()
                  if value not in ("", [], {})
                  and name not in ("ValidateCredentials",
                                   "ValidateForComputeEnvironments",
                                   "AuthenticationConfiguration")}
        answer["ConnectionProperties"] = shown_properties(
            self.definition.get("ConnectionProperties", {}), settings,
            hide_password)
        if self.schema_version == 2:
            answer["AuthenticationConfiguration"] = shown_authentication(
                self.definition["AuthenticationConfiguration"])
            answer["CompatibleComputeEnvironments"] = self.definition.get(
                "ValidateForComputeEnvironments", ["SPARK"])
        answer["CreationTime"] = self.created
        answer["LastUpdatedTime"] = self.updated
        answer["LastUpdatedBy"] = self.updated_by
        answer["Status"] = self.status
        answer["ConnectionSchemaVersion"] = self.schema_version
        if self.status_reason:
            answer["StatusReason"] = self.status_reason
        if self.validated:
            answer["LastConnectionValidationTime"] = self.validated
        if settings.adds_members:
            add_members(answer, self.definition)
        return answer

    def as_state(self):
        """The whole connection, for the control API."""
        state = dataclasses.asdict(self)
        state["schema_version"] = self.schema_version
        return state


def shown_properties(properties, settings, hide_password):
    """The ConnectionProperties of an answer."""
    hidden = {"all": ALL_PASSWORDS, "plain": PLAIN_PASSWORDS, "none": ()}
    hidden = hidden[settings.hide_password] if hide_password else ()
    shown = {}
    for key, value in properties.items():
        if key in hidden or key.replace("ENCRYPTED_", "") in hidden:
            continue
        if settings.encrypt_passwords and key in ALL_PASSWORDS:
            shown["ENCRYPTED_" + key] = encrypted(value)
        else:
            shown[key] = value
    return shown


def add_members(answer, definition):
    """Add the members to an answer that the definition lacks."""
    properties = answer["ConnectionProperties"]
    defaults = DEFAULT_PROPERTIES.get(definition["ConnectionType"], {})
    for key, value in defaults.items():
        properties.setdefault(key, value)
    for name, value in EMPTY_MEMBERS.items():
        answer.setdefault(name, copy.deepcopy(value))
    given = definition.get("AuthenticationConfiguration", {})
    if any(given.get(name) for name in INLINE_CREDENTIALS):
        answer["AuthenticationConfiguration"].setdefault(
            "SecretArn", OWN_SECRET)


def encrypted(value):
    """A text that looks like ciphertext and reveals nothing."""
    digest = hashlib.sha512(b"local_glue" + value.encode()).digest()
    return base64.b64encode(digest).decode()


def shown_authentication(configuration):
    """The AuthenticationConfiguration of an answer."""
    shown = {name: configuration[name] for name in SHOWN_AUTHENTICATION
             if configuration.get(name)}
    oauth2 = configuration.get("OAuth2Properties")
    if oauth2:
        shown["OAuth2Properties"] = {
            name: oauth2[name] for name in SHOWN_OAUTH2 if name in oauth2}
    return shown


class Catalogs:
    """All catalogs, by account and region, and the history of each name.

    Not locked: the caller holds the server's lock.
    """

    def __init__(self):
        self.reset()

    def reset(self):
        """Forget all connections and their history."""
        self._connections = {}
        self.history = {}

    def of(self, account, region):
        """The connections of one account and region, by name."""
        return self._connections.setdefault((account, region), {})

    def note(self, event, account, region, name):
        """Count an event of a name; the count survives the deletion."""
        counts = self.history.setdefault((account, region, name), {
            "created": 0, "updated": 0, "deleted": 0})
        counts[event] += 1

    def as_json(self):
        """Everything, as the control API shows it."""
        connections = [
            {"account": account, "region": region, "name": name,
             **connection.as_state()}
            for (account, region), catalog in self._connections.items()
            for name, connection in catalog.items()]
        history = [
            {"account": account, "region": region, "name": name, **counts}
            for (account, region, name), counts in self.history.items()]
        return {"connections": connections, "history": history}
