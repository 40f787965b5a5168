"""The shapes of Glue's requests, and the check of a request against them.

The tables below state the service model of Glue for the connection
operations: members, which of them are required, lengths, counts, patterns.
A value of the wrong JSON type ends the check (SerializationException); all
other violations are collected and reported together (ValidationException),
in the words of all AWS services.  Those words quote the value unless the
model marks it as sensitive, and the model marks few: the passwords in
ConnectionProperties are quoted.
"""

import dataclasses
import re

from local_glue.errors import AwsError

UNICODE = "[\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff\t]*"
UNICODE_LINES = "[\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff\r\n\t]*"
PRINTABLE = r"[\x20-\x7E]*"


TYPE_ERRORS = {
    dict: "Start of structure or map found where not expected.",
    list: "Start of list found where not expected",
    bool: "TRUE_VALUE or FALSE_VALUE can not be converted to {expected}",
    int: "NUMBER_VALUE can not be converted to {expected}",
    float: "NUMBER_VALUE can not be converted to {expected}",
    str: "STRING_VALUE can not be converted to {expected}",
}


def expect(value, kind, expected):
    """Require a JSON type."""
    if type(value) is not kind:
        text = TYPE_ERRORS[type(value)].format(expected=expected)
        raise AwsError("SerializationException", text)


def quoted(value):
    """A value as AWS's texts quote it, in Java's notation."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={quoted(item)}"
                               for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(quoted(item) for item in value) + "]"
    return str(value)


def violation(path, value, constraint, sensitive=False):
    """The text of AWS for a value that violates a constraint."""
    if value is None:
        shown = " null"
    elif sensitive:
        shown = ""
    else:
        shown = f" '{quoted(value)}'"
    return (f"Value{shown} at '{path}' failed to satisfy constraint: "
            f"{constraint}")


def length_violations(shape, value, path):
    """The texts of AWS for an array or map of a wrong size."""
    if shape.max is not None and len(value) > shape.max:
        yield violation(path, value, "Member must have length less than or"
                                     f" equal to {shape.max}",
                        shape.sensitive)


# Every shape has a method check(value, path, violations), which appends to
# violations and returns the value without unknown members and nulls.

@dataclasses.dataclass(frozen=True)
class Text:
    """A string; lengths are in code points."""

    min: int = 0
    max: int = None
    pattern: str = None
    values: tuple = None
    sensitive: bool = False

    def constraints_violated(self, value):
        """The constraints that a string violates."""
        if len(value) < self.min:
            yield ("Member must have length greater than or equal to"
                   f" {self.min}")
        if self.max is not None and len(value) > self.max:
            yield f"Member must have length less than or equal to {self.max}"
        if self.pattern and not re.fullmatch(self.pattern, value):
            yield ("Member must satisfy regular expression pattern: "
                   + self.pattern)
        if self.values and value not in self.values:
            yield ("Member must satisfy enum value set: ["
                   + ", ".join(self.values) + "]")

    def check(self, value, path, violations):
        """Check a string."""
        expect(value, str, "a String")
        violations += [violation(path, value, constraint, self.sensitive)
                       for constraint in self.constraints_violated(value)]
        return value


@dataclasses.dataclass(frozen=True)
class Integer:
    """A number without fraction."""

    min: int
    max: int

    def check(self, value, path, violations):
        """Check a number."""
        expect(value, int, "an Integer")
        if value < self.min:
            violations.append(violation(
                path, value, "Member must have value greater than or equal"
                             f" to {self.min}"))
        if value > self.max:
            violations.append(violation(
                path, value, "Member must have value less than or equal to"
                             f" {self.max}"))
        return value


@dataclasses.dataclass(frozen=True)
class Boolean:
    """True or false."""

    def check(self, value, path, violations):
        """Check a truth value."""
        expect(value, bool, "a Boolean")
        return value


@dataclasses.dataclass(frozen=True)
class List:
    """A JSON array."""

    member: object
    max: int = None
    sensitive: bool = False

    def check(self, value, path, violations):
        """Check an array."""
        expect(value, list, "a List")
        violations += length_violations(self, value, path)
        return [self.member.check(item, f"{path}.{number}.member", violations)
                for number, item in enumerate(value, 1) if item is not None]


@dataclasses.dataclass(frozen=True)
class Map:
    """A JSON object whose keys are data."""

    key: Text
    value: Text
    max: int = None
    sensitive: bool = False

    def check(self, value, path, violations):
        """Check an object whose keys are data."""
        expect(value, dict, "a Map")
        value = {key: item for key, item in value.items() if item is not None}
        for item in value.values():
            expect(item, str, "a String")
        violations += length_violations(self, value, path)
        for part, shape, texts in (("keys", self.key, value),
                                   ("value", self.value, value.values())):
            constraints = dict.fromkeys(
                constraint for text in texts
                for constraint in shape.constraints_violated(text))
            if constraints:
                violations.append(violation(
                    path, value, f"Map {part} must satisfy constraint: ["
                    + ", ".join(constraints) + "]", self.sensitive))
        return value


class Structure:
    """A JSON object whose keys are members; unknown ones are ignored."""

    def __init__(self, members, required=()):
        self.members = [(name, name[0].lower() + name[1:], shape,
                         name in required)
                        for name, shape in members.items()]

    def check(self, value, path, violations):
        """Check an object whose keys are members."""
        expect(value, dict, "a Structure")
        result = {}
        for name, path_name, shape, required in self.members:
            member_path = f"{path}.{path_name}" if path else path_name
            member = value.get(name)
            if member is not None:
                result[name] = shape.check(member, member_path, violations)
            elif required:
                violations.append(violation(member_path, None,
                                            "Member must not be null"))
        return result


NAME = Text(1, 255, UNICODE)
COMPUTE_ENVIRONMENT = Text(values=("SPARK", "ATHENA", "PYTHON"))
CONNECTION_PROPERTIES = Map(Text(), Text(1, 1024), 100)
ENVIRONMENT_PROPERTIES = Map(Text(1, 128), Text(1, 2048))
MATCH_CRITERIA = List(NAME, 10)
TAGS = Map(Text(1, 128), Text(0, 256), 50)
RESOURCE_ARN = Text(
    1, 10240, r"arn:aws(-(cn|us-gov|iso(-[bef])?))?:glue:.*")

OAUTH2_PROPERTIES = Structure({
    "OAuth2GrantType": Text(values=(
        "AUTHORIZATION_CODE", "CLIENT_CREDENTIALS", "JWT_BEARER",
        "REFRESH_TOKEN")),
    "OAuth2ClientApplication": Structure({
        "UserManagedClientApplicationClientId": Text(0, 2048, r"\S+"),
        "AWSManagedClientApplicationReference": Text(0, 2048, r"\S+"),
    }),
    "TokenUrl": Text(0, 256, r"https?://[-a-zA-Z0-9+&@#/%?=~_|!:,.;]*"
                             r"[-a-zA-Z0-9+&@#/%=~_|]"),
    "TokenUrlParametersMap": Map(Text(1, 128), Text(1, 512)),
    "AuthorizationCodeProperties": Structure({
        "AuthorizationCode": Text(1, 4096, r"\S+", sensitive=True),
        "RedirectUri": Text(0, 512, r"https?://[^\s/$.?#].[^\s]*"),
    }),
    "OAuth2Credentials": Structure({
        "UserManagedClientApplicationClientSecret":
            Text(0, 512, PRINTABLE, sensitive=True),
        "AccessToken": Text(0, 4096, PRINTABLE, sensitive=True),
        "RefreshToken": Text(0, 4096, PRINTABLE, sensitive=True),
        "JwtToken": Text(
            0, 8000, r"[a-zA-Z0-9_=]+\.[a-zA-Z0-9_=]+\.[a-zA-Z0-9_\-+/=]*",
            sensitive=True),
    }),
})

AUTHENTICATION_CONFIGURATION = Structure({
    "AuthenticationType": Text(values=("BASIC", "OAUTH2", "CUSTOM", "IAM")),
    "SecretArn": Text(
        pattern=r"arn:aws(-[a-z]+)*:secretsmanager:.*"),
    "KmsKeyArn": Text(pattern=r"|arn:aws[a-z0-9-]*:kms:.*"),
    "OAuth2Properties": OAUTH2_PROPERTIES,
    "BasicAuthenticationCredentials": Structure({
        "Username": Text(0, 512, r"\S+"),
        "Password": Text(0, 512, r".*", sensitive=True),
    }),
    "CustomAuthenticationCredentials": Map(
        Text(1, 128), Text(1, 2048), sensitive=True),
})

CONNECTION_INPUT = Structure({
    "Name": NAME,
    "Description": Text(0, 2048, UNICODE_LINES),
    "ConnectionType": Text(),
    "MatchCriteria": MATCH_CRITERIA,
    "ConnectionProperties": CONNECTION_PROPERTIES,
    "SparkProperties": ENVIRONMENT_PROPERTIES,
    "AthenaProperties": ENVIRONMENT_PROPERTIES,
    "PythonProperties": ENVIRONMENT_PROPERTIES,
    "PhysicalConnectionRequirements": Structure({
        "SubnetId": NAME,
        "SecurityGroupIdList": List(NAME, 50),
        "AvailabilityZone": NAME,
    }),
    "AuthenticationConfiguration": AUTHENTICATION_CONFIGURATION,
    "ValidateCredentials": Boolean(),
    "ValidateForComputeEnvironments": List(COMPUTE_ENVIRONMENT),
}, required=("Name", "ConnectionType"))

# ConnectionProperties is required by the model, but the service needs none
# for some types (NETWORK, DYNAMODB); see connection_rules.py.

REQUESTS = {
    "CreateConnection": Structure({
        "CatalogId": NAME,
        "ConnectionInput": CONNECTION_INPUT,
        "Tags": TAGS,
    }, required=("ConnectionInput",)),
    "GetConnection": Structure({
        "CatalogId": NAME,
        "Name": NAME,
        "HidePassword": Boolean(),
        "ApplyOverrideForComputeEnvironment": COMPUTE_ENVIRONMENT,
    }, required=("Name",)),
    "GetConnections": Structure({
        "CatalogId": NAME,
        "Filter": Structure({
            "MatchCriteria": MATCH_CRITERIA,
            "ConnectionType": Text(),
            "ConnectionSchemaVersion": Integer(1, 2),
        }),
        "HidePassword": Boolean(),
        "NextToken": Text(),
        "MaxResults": Integer(1, 1000),
    }),
    "UpdateConnection": Structure({
        "CatalogId": NAME,
        "Name": NAME,
        "ConnectionInput": CONNECTION_INPUT,
    }, required=("Name", "ConnectionInput")),
    "DeleteConnection": Structure({
        "CatalogId": NAME,
        "ConnectionName": NAME,
    }, required=("ConnectionName",)),
    "BatchDeleteConnection": Structure({
        "CatalogId": NAME,
        "ConnectionNameList": List(NAME, 25),
    }, required=("ConnectionNameList",)),
    "TestConnection": Structure({
        "ConnectionName": NAME,
        "CatalogId": NAME,
        "TestConnectionInput": Structure({
            "ConnectionType": Text(),
            "ConnectionProperties": CONNECTION_PROPERTIES,
            "AuthenticationConfiguration": AUTHENTICATION_CONFIGURATION,
        }, required=("ConnectionType", "ConnectionProperties")),
    }),
    "TagResource": Structure({
        "ResourceArn": RESOURCE_ARN,
        "TagsToAdd": TAGS,
    }, required=("ResourceArn", "TagsToAdd")),
    "UntagResource": Structure({
        "ResourceArn": RESOURCE_ARN,
        "TagsToRemove": List(Text(1, 128), 50),
    }, required=("ResourceArn", "TagsToRemove")),
    "GetTags": Structure({
        "ResourceArn": RESOURCE_ARN,
    }, required=("ResourceArn",)),
    "DescribeConnectionType": Structure({
        "ConnectionType": NAME,
    }, required=("ConnectionType",)),
    "ListConnectionTypes": Structure({
        "MaxResults": Integer(1, 100),
        "NextToken": Text(1, 2048, r"[-a-zA-Z0-9+=/:_]*"),
    }),
}


def checked(operation, value):
    """The input of a request, checked and without unknown members."""
    violations = []
    result = REQUESTS[operation].check(value, "", violations)
    if violations:
        plural = "s" if len(violations) > 1 else ""
        raise AwsError("ValidationException",
                       f"{len(violations)} validation error{plural}"
                       " detected: " + "; ".join(violations))
    return result
