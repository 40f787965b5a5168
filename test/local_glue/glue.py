"""Glue's operations on connections.

Each operation is a method that takes the checked input and the Call, and
returns the members of the answer or raises AwsError.
"""

import base64
import dataclasses
import json
import re

from local_glue import connection_rules, connection_types
from local_glue.catalog import Connection, StatusPlan, partition_of
from local_glue.errors import AwsError, invalid_input, not_found
from local_glue.shapes import checked

MAX_TAGS = 50
ACCOUNT = re.compile(r"\d{12}")
CONNECTION_ARN = re.compile(
    r"arn:(?P<partition>[^:]*):glue:(?P<region>[^:]*):(?P<account>[^:]*):"
    r"connection/(?P<name>.+)")
TEST_FAILS = re.compile(r"local_glue: test-fails(?: reason=([^\n]*))?")


@dataclasses.dataclass(frozen=True)
class Call:
    """The caller, the region, the time, and the rule of misbehaviour."""

    account: str
    arn: str
    region: str
    now: float
    rule: object = None         # of misbehaviour


def encode_token(after, condition):
    """An opaque continuation token of the last name and the filter."""
    return base64.urlsafe_b64encode(
        json.dumps([after, condition]).encode()).decode()


def decode_token(token, condition):
    """The last name of the page before; "" without a token."""
    if token is None:
        return ""
    try:
        after, first_condition = json.loads(
            base64.urlsafe_b64decode(token.encode()))
        if not isinstance(after, str):
            raise ValueError
    except (TypeError, ValueError):
        raise invalid_input("The continuation token is not valid.") from None
    if first_condition != condition:
        raise invalid_input("The filter has changed between pages.")
    return after


class Glue:
    """The service.  Not locked: the caller holds the server's lock."""

    def __init__(self, catalogs, settings):
        self.catalogs = catalogs
        self.settings = settings
        self._operations = {
            "CreateConnection": self.create,
            "GetConnection": self.get,
            "GetConnections": self.get_many,
            "UpdateConnection": self.update,
            "DeleteConnection": self.delete,
            "BatchDeleteConnection": self.delete_many,
            "TestConnection": self.test,
            "TagResource": self.tag,
            "UntagResource": self.untag,
            "GetTags": self.get_tags,
            "DescribeConnectionType": self.describe_type,
            "ListConnectionTypes": self.list_types,
        }

    def perform(self, operation, value, call):
        """Carry out an operation on its input, a parsed JSON value."""
        if operation not in self._operations:
            raise AwsError("UnknownOperationException", "")
        return self._operations[operation](checked(operation, value), call)

    def _catalog(self, value, call, action):
        """The catalog of a request, if the caller may use it."""
        catalog_id = value.get("CatalogId", call.account)
        if catalog_id != call.account:
            if not ACCOUNT.fullmatch(catalog_id):
                raise not_found(f"Catalog {catalog_id} not found.")
            resource = (f"arn:{partition_of(call.region)}:glue:{call.region}:"
                        f"{catalog_id}:catalog")
            raise AwsError(
                "AccessDeniedException",
                f"User: {call.arn} is not authorized to perform:"
                f" glue:{action} on resource: {resource} because no"
                f" resource-based policy allows the glue:{action} action")
        return self.catalogs.of(call.account, call.region)

    def _find(self, catalog, name):
        if name not in catalog:
            raise not_found(f"Connection {name} not found.")
        return catalog[name]

    def create(self, value, call):
        """CreateConnection"""
        catalog = self._catalog(value, call, "CreateConnection")
        definition = value["ConnectionInput"]
        tags = value.get("Tags", {})
        connection_rules.check_connection(definition, self.settings)
        check_tags(tags)
        name = definition["Name"]
        if name in catalog:
            raise AwsError("AlreadyExistsException",
                           "Connection already exists.")
        limit = self.settings.max_connections
        if limit and len(catalog) >= limit:
            raise AwsError(
                "ResourceNumberLimitExceededException",
                f"The maximum number of connections ({limit}) is reached.")
        connection = Connection(definition, tags, call.now, call.now,
                                call.arn)
        connection.follow_marker(call.now)
        obey_rule(connection, call)
        catalog[name] = connection
        self.catalogs.note("created", call.account, call.region, name)
        return {"CreateConnectionStatus": connection.status}

    def get(self, value, call):
        """GetConnection"""
        catalog = self._catalog(value, call, "GetConnection")
        connection = self._find(catalog, value["Name"])
        connection.advance(call.now)
        return {"Connection": connection.as_answer(
            self.settings, value.get("HidePassword", False))}

    def get_many(self, value, call):
        """GetConnections"""
        catalog = self._catalog(value, call, "GetConnections")
        condition = value.get("Filter", {})
        after = decode_token(value.get("NextToken"), condition)
        size = min(value.get("MaxResults", self.settings.page_size),
                   self.settings.page_limit)
        names = [name for name in sorted(catalog) if name > after
                 and passes(catalog[name], condition)]
        answer = {"ConnectionList": []}
        for name in names[:size]:
            catalog[name].advance(call.now)
            answer["ConnectionList"].append(catalog[name].as_answer(
                self.settings, value.get("HidePassword", False)))
        if len(names) > size:
            answer["NextToken"] = encode_token(names[size - 1], condition)
        return answer

    def update(self, value, call):
        """UpdateConnection: the new definition replaces the whole old one."""
        catalog = self._catalog(value, call, "UpdateConnection")
        connection = self._find(catalog, value["Name"])
        definition = value["ConnectionInput"]
        if definition["Name"] != value["Name"]:
            raise invalid_input("The name of a connection cannot be changed.")
        connection_rules.check_connection(definition, self.settings)
        connection.definition = definition
        connection.updated = call.now
        connection.updated_by = call.arn
        connection.status, connection.status_reason = "READY", ""
        connection.plan = None
        connection.follow_marker(call.now)
        obey_rule(connection, call)
        self.catalogs.note("updated", call.account, call.region,
                           value["Name"])
        return {}

    def delete(self, value, call):
        """DeleteConnection"""
        catalog = self._catalog(value, call, "DeleteConnection")
        self._remove(catalog, value["ConnectionName"], call)
        return {}

    def _remove(self, catalog, name, call):
        self._find(catalog, name)
        del catalog[name]
        self.catalogs.note("deleted", call.account, call.region, name)

    def delete_many(self, value, call):
        """BatchDeleteConnection"""
        catalog = self._catalog(value, call, "BatchDeleteConnection")
        succeeded, errors = [], {}
        for name in value["ConnectionNameList"]:
            try:
                self._remove(catalog, name, call)
                succeeded.append(name)
            except AwsError as error:
                errors[name] = {"ErrorCode": error.code,
                                "ErrorMessage": error.message}
        return {"Succeeded": succeeded, "Errors": errors}

    def test(self, value, call):
        """TestConnection"""
        catalog = self._catalog(value, call, "TestConnection")
        if ("ConnectionName" in value) == ("TestConnectionInput" in value):
            raise invalid_input("Exactly one of ConnectionName and"
                                " TestConnectionInput must be given.")
        if "ConnectionName" in value:
            connection = self._find(catalog, value["ConnectionName"])
            failure = TEST_FAILS.search(
                connection.definition.get("Description", ""))
            if failure:
                raise invalid_input(failure[1] or "Unable to resolve any"
                                    " valid connection")
            connection.validated = call.now
            return {}
        given = value["TestConnectionInput"]
        if given["ConnectionType"] in ("JDBC", "SALESFORCE"):
            connection_rules.check_connection(given, self.settings)
        return {}

    def _tagged(self, value, call):
        """The connection that an ARN names."""
        match = CONNECTION_ARN.fullmatch(value["ResourceArn"])
        if not match or match["partition"] != partition_of(match["region"]):
            raise invalid_input("The resource ARN is not valid.")
        if (match["region"], match["account"]) != (call.region, call.account):
            raise not_found("Entity Not Found")
        return self._find(self.catalogs.of(call.account, call.region),
                          match["name"])

    def tag(self, value, call):
        """TagResource"""
        connection = self._tagged(value, call)
        check_tags(value["TagsToAdd"], connection.tags)
        connection.tags = {**connection.tags, **value["TagsToAdd"]}
        return {}

    def untag(self, value, call):
        """UntagResource"""
        connection = self._tagged(value, call)
        connection.tags = {key: item for key, item in connection.tags.items()
                           if key not in value["TagsToRemove"]}
        return {}

    def get_tags(self, value, call):
        """GetTags"""
        return {"Tags": self._tagged(value, call).tags}

    def describe_type(self, value, call):
        """DescribeConnectionType"""
        name = value["ConnectionType"]
        if name not in connection_types.TYPES:
            raise AwsError("ValidationException",
                           f"Connection type {name} is not supported.")
        return connection_types.describe(name)

    def list_types(self, value, call):
        """ListConnectionTypes"""
        after = decode_token(value.get("NextToken"), {})
        names = [name for name in sorted(connection_types.TYPES)
                 if name > after]
        size = min(value.get("MaxResults", 100), self.settings.page_size)
        answer = {"ConnectionTypes": [connection_types.brief(name)
                                      for name in names[:size]]}
        if len(names) > size:
            answer["NextToken"] = encode_token(names[size - 1], {})
        return answer


def passes(connection, condition):
    """Does a connection pass a GetConnections filter?"""
    definition = connection.definition
    if condition.get("ConnectionType") not in (
            None, definition["ConnectionType"]):
        return False
    if condition.get("ConnectionSchemaVersion") not in (
            None, connection.schema_version):
        return False
    return set(condition.get("MatchCriteria", ())) <= set(
        definition.get("MatchCriteria", ()))


def check_tags(tags, present=()):
    """Refuse new tags that no resource may have together with those present."""
    own = [key for key in present if not key.startswith("aws:")]
    if len({*own, *tags}) > MAX_TAGS:
        raise invalid_input("The number of tags exceeds the limit of"
                            f" {MAX_TAGS}.")
    connection_rules.check_tags(tags)


def obey_rule(connection, call):
    """Follow a rule that alters the connection or keeps it in progress."""
    rule = call.rule
    if rule is None:
        return
    if rule.kind == "altered":
        connection.definition = {**connection.definition, **rule.changes}
    elif rule.kind == "in-progress":
        until = call.now + rule.after_ms / 1000 if rule.after_ms else 0.0
        connection.begin(StatusPlan(rule.outcome, rule.reads, until,
                                    rule.reason))
