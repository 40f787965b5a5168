"""The refusals of Glue: shapes, limits, and the rules for each type."""

from local_glue_peer.harness import contains, equal, jdbc, refused, test

PROPERTIES_FAILED = "Validation for connection properties failed"
CUSTOM = {"CONNECTOR_URL": "s3://b/c.jar", "CONNECTOR_TYPE": "Jdbc",
          "CONNECTOR_CLASS_NAME": "x.Driver"}
SNOWFLAKE = '{"secretId": "s", "sfRole": "r", "sfUrl": "%s"}'
REAL_URL = "https://a.snowflakecomputing.com"


def without(properties, key):
    """Properties without one of them."""
    return {name: value for name, value in properties.items() if name != key}


def connection(connection_type, properties, **members):
    """A ConnectionInput."""
    return {"Name": "one", "ConnectionType": connection_type,
            "ConnectionProperties": properties, **members}


ACCEPTED = [
    jdbc("one"),
    connection("JDBC", {"JDBC_CONNECTION_URL": "x", "SECRET_ID": "s"}),
    connection("KAFKA", {"KAFKA_BOOTSTRAP_SERVERS": "a:1",
                         "KAFKA_SSL_ENABLED": "False"}),
    connection("MONGODB", {"CONNECTION_URL": "mongodb://x"}),
    connection("CUSTOM", CUSTOM),
    connection("MARKETPLACE", CUSTOM),
    connection("NETWORK", {}, PhysicalConnectionRequirements={
        "SubnetId": "subnet-1"}),
    connection("SNOWFLAKE", {"SparkProperties": SNOWFLAKE % REAL_URL}),
    connection("POSTGRESQL", {"HOST": "h"}, AuthenticationConfiguration={
        "AuthenticationType": "BASIC", "BasicAuthenticationCredentials": {
            "Username": "u", "Password": "p"}}),
    connection("REST-MINE", {"ANY_KEY": "v"}),
    connection("DYNAMODB", {}),
]

REFUSED = [
    (connection("JDBC", {"JDBC_CONNECTION_URL": "x", "USERNAME": "u"}),
     PROPERTIES_FAILED),
    (connection("JDBC", {"JDBC_CONNECTION_URL": "x", "PASSWORD": "p"}),
     PROPERTIES_FAILED),
    (connection("JDBC", {"JDBC_CONNECTION_URL": "x", "USERNAME": "u",
                         "ENCRYPTED_PASSWORD": "p"}), PROPERTIES_FAILED),
    (connection("JDBC", {"USERNAME": "u", "PASSWORD": "p"}),
     PROPERTIES_FAILED),
    (connection("KAFKA", {}), PROPERTIES_FAILED),
    (connection("MONGODB", {}), PROPERTIES_FAILED),
    (connection("NETWORK", {}),
     "PhysicalConnectionRequirements cannot be null"),
    (connection("SNOWFLAKE", {}),
     "PythonProperties: is missing but it is required, SparkProperties: is"
     " missing but it is required"),
    (connection("SNOWFLAKE", {"AthenaProperties": "{}"}),
     "Invalid properties found: [AthenaProperties]"),
    (connection("SNOWFLAKE", {"SparkProperties": SNOWFLAKE % "http://x"}),
     "SparkProperties.sfUrl: does not match the regex pattern"
     " .+[.]snowflakecomputing[.](com|cn)"),
] + [(connection(kind, without(CUSTOM, key)), PROPERTIES_FAILED)
     for kind in ("CUSTOM", "MARKETPLACE") for key in CUSTOM]

OAUTH2 = "connectionInput.authenticationConfiguration.oAuth2Properties"

VIOLATIONS = [
    (jdbc("x" * 256),
     f"1 validation error detected: Value '{'x' * 256}' at"
     " 'connectionInput.name' failed to satisfy constraint: Member must have"
     " length less than or equal to 255"),
    (jdbc("a\x01"), "at 'connectionInput.name' failed to satisfy constraint:"
                    " Member must satisfy regular expression pattern: "),
    (jdbc("one", Description="x" * 2049), "'connectionInput.description'"),
    (jdbc("one", MatchCriteria=["a"] * 11),
     "'connectionInput.matchCriteria' failed to satisfy constraint: Member"
     " must have length less than or equal to 10"),
    (jdbc("one", MatchCriteria=["a", "x" * 256]),
     "'connectionInput.matchCriteria.2.member'"),
    (connection("JDBC", {f"K{number}": "v" for number in range(101)}),
     "Member must have length less than or equal to 100"),
    (connection("JDBC", {"PASSWORD": "secret-2" + "x" * 1020}),
     "secret-2"),
    (jdbc("one", SparkProperties={"k" * 129: "v"}),
     "Map keys must satisfy constraint: [Member must have length less than"
     " or equal to 128]"),
    (jdbc("one", PhysicalConnectionRequirements={
        "SecurityGroupIdList": ["sg-1"] * 51}), "less than or equal to 50"),
    (jdbc("one", AuthenticationConfiguration={"AuthenticationType": "X"}),
     "Member must satisfy enum value set: [BASIC, OAUTH2, CUSTOM, IAM]"),
    (jdbc("one", AuthenticationConfiguration={"SecretArn": "x"}),
     "'connectionInput.authenticationConfiguration.secretArn'"),
    (jdbc("one", AuthenticationConfiguration={"OAuth2Properties": {
        "OAuth2Credentials": {"JwtToken": "secret 3"}}}),
     f"Value at '{OAUTH2}.oAuth2Credentials.jwtToken'"),
    (connection("jdbc", {}), "Value 'jdbc' at"
                             " 'connectionInput.connectionType'"),
    (jdbc("x" * 256, Description="x" * 2049),
     "2 validation errors detected: "),
]


@test
def test_accepted(glue):
    """Connections of many types are accepted."""
    client = glue.client()
    for given in ACCEPTED:
        client.create_connection(ConnectionInput=given)
        client.delete_connection(ConnectionName="one")


@test
def test_type_rules(glue):
    """The rules for each type are enforced, at creation and at update."""
    client = glue.client()
    for given, text in REFUSED:
        equal(refused("InvalidInputException", client.create_connection,
                      ConnectionInput=given), text)
    client.create_connection(ConnectionInput=jdbc("one"))
    for given, text in REFUSED:
        equal(refused("InvalidInputException", client.update_connection,
                      Name="one", ConnectionInput=given), text)


@test
def test_rules_can_be_relaxed(glue):
    """A setting turns the rules off."""
    glue.set(validate_properties=False)
    client = glue.client()
    client.create_connection(ConnectionInput=connection("jdbc", {}))
    client.update_connection(Name="one", ConnectionInput=connection(
        "JDBC", {}))


@test
def test_violations(glue):
    """The limits of the model are enforced, in AWS's words."""
    client = glue.client()
    for given, text in VIOLATIONS:
        message = refused("ValidationException", client.create_connection,
                          ConnectionInput=given, text=text)
        assert "secret 3" not in message
    equal(glue.control("/state")["connections"], [])


@test
def test_lengths_are_code_points(glue):
    """Lengths are counted in code points."""
    client = glue.client()
    client.create_connection(ConnectionInput=jdbc("𝄞" * 255))
    equal(client.get_connection(Name="𝄞" * 255)["Connection"]["Name"],
          "𝄞" * 255)


@test
def test_bodies(glue):
    """A body that is no request is a SerializationException."""
    client = glue.client()
    bodies = [b"", b"[]", b"{", b"\xff", b'{"Name": "x", "Later": NaN}',
              b'{"Name": 5}', b'{"Name": {}}', b'{"Name": []}',
              b'{"Name": true}', b'{"HidePassword": "true", "Name": "x"}',
              b'{"a":' * 50000 + b"1" + b"}" * 50000]

    def replace(body):
        def handler(request, **_):
            request.data = body
        client.meta.events.register_first(
            "before-sign.glue", handler, unique_id="replace")

    for body in bodies:
        client.meta.events.unregister("before-sign.glue",
                                      unique_id="replace")
        replace(body)
        refused("SerializationException", client.get_connection, Name="x")
        equal(glue.last_request()["signature_ok"], True)


@test
def test_unknown_operation(glue):
    """An operation that does not exist is an UnknownOperationException."""
    client = glue.client()
    refused("UnknownOperationException", client.get_databases)

    def change_type(request, **_):
        request.headers.replace_header("Content-Type", "application/json")
    client.meta.events.register_first("before-sign.glue", change_type)
    refused("UnknownOperationException", client.get_connections)


@test
def test_nulls(glue):
    """Nulls and unknown members are as if they were not there."""
    client = glue.client()

    def replace(request, **_):
        request.data = (
            b'{"ConnectionInput": {"Name": "one", "Description": null,'
            b' "ConnectionType": "MONGODB", "Later": 1,'
            b' "ConnectionProperties": {"CONNECTION_URL": "x", "Y": null}},'
            b' "Later": {}}')
    client.meta.events.register_first("before-sign.glue", replace)
    client.create_connection(ConnectionInput=jdbc("one"))
    stored = glue.control("/state")["connections"][0]["definition"]
    equal(stored, connection("MONGODB", {"CONNECTION_URL": "x"}))
    contains(glue.last_request()["body"], "Later")
