"""Every operation on connections, as boto3 uses it."""

import threading
import time

from local_glue_peer.harness import (
    ACCOUNT, REGION, equal, jdbc, refused, test)

ARN = f"arn:aws:glue:{REGION}:{ACCOUNT}:connection/"

OAUTH2 = {
    "AuthenticationType": "OAUTH2",
    "SecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:s-abc",
    "OAuth2Properties": {
        "OAuth2GrantType": "JWT_BEARER",
        "OAuth2ClientApplication": {
            "UserManagedClientApplicationClientId": "client-1"},
        "TokenUrl": "https://login.test/token",
        "TokenUrlParametersMap": {"a": "b"},
        "OAuth2Credentials": {"JwtToken": "a.b.secret-1"},
    },
}


def salesforce(name):
    """A ConnectionInput of the schema's second version."""
    return {"Name": name, "ConnectionType": "SALESFORCE",
            "ConnectionProperties": {"INSTANCE_URL": "https://x.test",
                                     "ROLE_ARN": "arn:aws:iam::1:role/r"},
            "AuthenticationConfiguration": OAUTH2,
            "ValidateForComputeEnvironments": ["SPARK", "PYTHON"]}


@test
def test_create_and_get(glue):
    """GetConnection returns the connection that CreateConnection stored."""
    client = glue.client()
    given = jdbc(
        "one", Description="Zwölf €\n𝄞", MatchCriteria=["a", "b"],
        SparkProperties={"k": "v"}, AthenaProperties={"k": "v"},
        PythonProperties={"k": "v"},
        PhysicalConnectionRequirements={
            "SubnetId": "subnet-1", "SecurityGroupIdList": ["sg-1"],
            "AvailabilityZone": "us-east-1a"})
    before = time.time()
    answer = client.create_connection(ConnectionInput=given,
                                      CatalogId=ACCOUNT)
    equal(answer["CreateConnectionStatus"], "READY")
    found = client.get_connection(Name="one")["Connection"]
    equal({key: found[key] for key in given}, given)
    equal(found["Status"], "READY")
    equal(found["ConnectionSchemaVersion"], 1)
    equal(found["LastUpdatedBy"], f"arn:aws:iam::{ACCOUNT}:user/local-glue")
    equal(found["CreationTime"], found["LastUpdatedTime"])
    assert abs(found["CreationTime"].timestamp() - before) < 10


@test
def test_second_version(glue):
    """AuthenticationConfiguration comes back without credentials."""
    client = glue.client()
    client.create_connection(ConnectionInput=salesforce("sf"))
    bodies = []

    def keep(http_response, **_):
        bodies.append(http_response.text)
    client.meta.events.register("after-call.glue.GetConnection", keep)
    found = client.get_connection(Name="sf")["Connection"]
    assert "secret-1" not in bodies[0]
    expected = {**OAUTH2, "OAuth2Properties": dict(
        OAUTH2["OAuth2Properties"])}
    del expected["OAuth2Properties"]["OAuth2Credentials"]
    equal(found["AuthenticationConfiguration"], expected)
    equal(found["ConnectionSchemaVersion"], 2)
    equal(found["CompatibleComputeEnvironments"], ["SPARK", "PYTHON"])
    stored = glue.control("/state")["connections"][0]["definition"]
    equal(stored["AuthenticationConfiguration"], OAUTH2)


@test
def test_empty_members(glue):
    """Empty members are dropped from answers."""
    client = glue.client()
    client.create_connection(ConnectionInput=jdbc(
        "one", Description="", MatchCriteria=[], SparkProperties={}))
    found = client.get_connection(Name="one")["Connection"]
    equal({"Description", "MatchCriteria", "SparkProperties"} & set(found),
          set())


@test
def test_duplicate(glue):
    """A name can be created once, and again after its deletion."""
    client = glue.client()
    client.create_connection(ConnectionInput=jdbc("one"))
    refused("AlreadyExistsException", client.create_connection,
            ConnectionInput=jdbc("one"), text="Connection already exists.")
    client.delete_connection(ConnectionName="one")
    client.create_connection(ConnectionInput=jdbc("one"))
    equal(glue.history("one")["created"], 2)


@test
def test_create_race(glue):
    """Of many creations of one name at once, one succeeds."""
    client = glue.client()
    outcomes = []

    def create():
        try:
            client.create_connection(ConnectionInput=jdbc("one"))
            outcomes.append("created")
        except client.exceptions.AlreadyExistsException:
            outcomes.append("exists")

    threads = [threading.Thread(target=create) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(sorted(outcomes), ["created"] + ["exists"] * 15)


@test
def test_not_found(glue):
    """A missing connection is an EntityNotFoundException everywhere."""
    client = glue.client()
    code = "EntityNotFoundException"
    refused(code, client.get_connection, Name="none")
    refused(code, client.update_connection, Name="none",
            ConnectionInput=jdbc("none"))
    refused(code, client.delete_connection, ConnectionName="none")
    refused(code, client.test_connection, ConnectionName="none")
    refused(code, client.get_tags, ResourceArn=ARN + "none")
    refused(code, client.tag_resource, ResourceArn=ARN + "none",
            TagsToAdd={"a": "b"})
    refused(code, client.untag_resource, ResourceArn=ARN + "none",
            TagsToRemove=["a"])


@test
def test_update(glue):
    """UpdateConnection replaces all, keeps the creation time and the tags."""
    client = glue.client()
    client.create_connection(
        ConnectionInput=jdbc("one", Description="old"), Tags={"a": "b"})
    before = client.get_connection(Name="one")["Connection"]
    time.sleep(0.01)
    client.update_connection(Name="one", ConnectionInput={
        "Name": "one", "ConnectionType": "JDBC", "ConnectionProperties": {
            "JDBC_CONNECTION_URL": "jdbc:x", "SECRET_ID": "s"}})
    found = client.get_connection(Name="one")["Connection"]
    equal(found["ConnectionProperties"],
          {"JDBC_CONNECTION_URL": "jdbc:x", "SECRET_ID": "s"})
    assert "Description" not in found
    equal(found["CreationTime"], before["CreationTime"])
    assert found["LastUpdatedTime"] > before["LastUpdatedTime"]
    equal(client.get_tags(ResourceArn=ARN + "one")["Tags"], {"a": "b"})
    refused("InvalidInputException", client.update_connection, Name="one",
            ConnectionInput=jdbc("two"))


@test
def test_delete(glue):
    """DeleteConnection deletes, once."""
    client = glue.client()
    client.create_connection(ConnectionInput=jdbc("one"))
    client.delete_connection(ConnectionName="one")
    refused("EntityNotFoundException", client.delete_connection,
            ConnectionName="one")
    equal(glue.control("/state")["connections"], [])


@test
def test_batch_delete(glue):
    """BatchDeleteConnection tells of each name, and takes 25."""
    client = glue.client()
    for name in ("one", "two"):
        client.create_connection(ConnectionInput=jdbc(name))
    answer = client.batch_delete_connection(
        ConnectionNameList=["two", "none", "one"])
    equal(answer["Succeeded"], ["two", "one"])
    equal(list(answer["Errors"]), ["none"])
    equal(answer["Errors"]["none"]["ErrorCode"], "EntityNotFoundException")
    names = [f"n{number}" for number in range(26)]
    equal(len(client.batch_delete_connection(
        ConnectionNameList=names[:25])["Errors"]), 25)
    refused("ValidationException", client.batch_delete_connection,
            ConnectionNameList=names, text="less than or equal to 25")


@test
def test_paging(glue):
    """GetConnections comes in pages, and boto3's paginator reads them."""
    client = glue.client()
    names = [f"n{number:02}" for number in range(23)]
    for name in reversed(names):
        client.create_connection(ConnectionInput=jdbc(name))
    pages = list(client.get_paginator("get_connections").paginate(
        PaginationConfig={"PageSize": 10}))
    equal([len(page["ConnectionList"]) for page in pages], [10, 10, 3])
    equal([connection["Name"] for page in pages
           for connection in page["ConnectionList"]], names)
    assert "NextToken" not in pages[-1]
    glue.set(page_size=22)
    equal(len(client.get_connections()["ConnectionList"]), 22)
    assert "NextToken" not in client.get_connections(MaxResults=23)
    refused("InvalidInputException", client.get_connections, NextToken="zzz")
    token = client.get_connections(MaxResults=5)["NextToken"]
    refused("InvalidInputException", client.get_connections, NextToken=token,
            Filter={"ConnectionType": "KAFKA"})


@test
def test_filter(glue):
    """GetConnections filters by criteria, type and schema version."""
    client = glue.client()
    client.create_connection(ConnectionInput=jdbc(
        "one", MatchCriteria=["a", "b"]))
    client.create_connection(ConnectionInput=jdbc("two", MatchCriteria=["a"]))
    client.create_connection(ConnectionInput=salesforce("three"))

    def names(**condition):
        answer = client.get_connections(Filter=condition)
        return [connection["Name"] for connection in answer["ConnectionList"]]

    equal(names(), ["one", "three", "two"])
    equal(names(MatchCriteria=["a"]), ["one", "two"])
    equal(names(MatchCriteria=["b", "a"]), ["one"])
    equal(names(ConnectionType="SALESFORCE"), ["three"])
    equal(names(ConnectionSchemaVersion=1), ["one", "two"])
    equal(names(ConnectionSchemaVersion=2, ConnectionType="JDBC"), [])


@test
def test_hide_password(glue):
    """HidePassword hides passwords, and only where it is asked for."""
    client = glue.client()
    properties = {"KAFKA_BOOTSTRAP_SERVERS": "a:1", "PASSWORD": "p1",
                  "KAFKA_SASL_SCRAM_PASSWORD": "p2"}
    client.create_connection(ConnectionInput={
        "Name": "two", "ConnectionType": "KAFKA", "ConnectionProperties": {
            "KAFKA_BOOTSTRAP_SERVERS": "a:1", "ENCRYPTED_PASSWORD": "p3"}})
    two = client.get_connection(Name="two", HidePassword=True)["Connection"]
    equal(list(two["ConnectionProperties"]), ["KAFKA_BOOTSTRAP_SERVERS"])
    client.create_connection(ConnectionInput={
        "Name": "one", "ConnectionType": "KAFKA",
        "ConnectionProperties": properties})

    def keys(**arguments):
        one = client.get_connection(Name="one", **arguments)["Connection"]
        listed = client.get_connections(**arguments)["ConnectionList"][0]
        equal(one["ConnectionProperties"], listed["ConnectionProperties"])
        return sorted(one["ConnectionProperties"])

    servers, scram = "KAFKA_BOOTSTRAP_SERVERS", "KAFKA_SASL_SCRAM_PASSWORD"
    equal(keys(), [servers, scram, "PASSWORD"])
    equal(keys(HidePassword=False), [servers, scram, "PASSWORD"])
    equal(keys(HidePassword=True), [servers])
    glue.set(hide_password="plain")
    equal(keys(HidePassword=True), [servers, scram])
    glue.set(hide_password="none")
    equal(keys(HidePassword=True), [servers, scram, "PASSWORD"])
    glue.set(hide_password="all", encrypt_passwords=True)
    equal(keys(), ["ENCRYPTED_KAFKA_SASL_SCRAM_PASSWORD",
                   "ENCRYPTED_PASSWORD", servers])
    equal(keys(HidePassword=True), [servers])


@test
def test_in_progress(glue):
    """A connection is in progress until it is READY or FAILED."""
    client = glue.client()

    def create(name, marker):
        return client.create_connection(ConnectionInput=jdbc(
            name, Description="local_glue: " + marker))[
                "CreateConnectionStatus"]

    def statuses(name, reads):
        return [client.get_connection(Name=name)["Connection"]["Status"]
                for _ in range(reads)]

    equal(create("one", "in-progress ready-after-reads=2"), "IN_PROGRESS")
    equal(statuses("one", 4), ["IN_PROGRESS"] * 2 + ["READY"] * 2)
    create("two", "in-progress failed-after-reads=1 reason=No route.")
    equal(statuses("two", 2), ["IN_PROGRESS", "FAILED"])
    equal(client.get_connection(Name="two")["Connection"]["StatusReason"],
          "No route.")
    equal(create("three", "failed reason=No."), "FAILED")
    create("four", "in-progress ready-after-ms=800")
    equal(statuses("four", 3), ["IN_PROGRESS"] * 3)
    time.sleep(0.81)
    equal(statuses("four", 1), ["READY"])
    glue.misbehave("in-progress", reads=1, outcome="FAILED", reason="Rule.")
    equal(client.create_connection(ConnectionInput=jdbc("five"))[
        "CreateConnectionStatus"], "IN_PROGRESS")
    equal(statuses("five", 2), ["IN_PROGRESS", "FAILED"])


@test
def test_test_connection(glue):
    """TestConnection tests a connection, or an input, but not both."""
    client = glue.client()
    client.create_connection(ConnectionInput=jdbc("one"))
    client.test_connection(ConnectionName="one")
    found = client.get_connection(Name="one")["Connection"]
    assert "LastConnectionValidationTime" in found
    given = jdbc("x")
    del given["Name"]
    client.test_connection(TestConnectionInput=given)
    code = "InvalidInputException"
    refused(code, client.test_connection)
    refused(code, client.test_connection, ConnectionName="one",
            TestConnectionInput=given)
    client.test_connection(TestConnectionInput={
        **given, "ConnectionType": "KAFKA"})
    del given["ConnectionProperties"]["USERNAME"]
    refused(code, client.test_connection, TestConnectionInput=given,
            text="Validation for connection properties failed")
    client.create_connection(ConnectionInput=jdbc(
        "two", Description="local_glue: test-fails reason=No route."))
    refused(code, client.test_connection, ConnectionName="two",
            text="No route.")


@test
def test_tags(glue):
    """Tags are set at creation, added, replaced, removed and read."""
    client = glue.client()
    client.create_connection(ConnectionInput=jdbc("a/b"),
                             Tags={"k1": "v1", "k2": ""})
    arn = ARN + "a/b"
    client.tag_resource(ResourceArn=arn, TagsToAdd={"k1": "w", "k3": "v3"})
    equal(client.get_tags(ResourceArn=arn)["Tags"],
          {"k1": "w", "k2": "", "k3": "v3"})
    client.untag_resource(ResourceArn=arn, TagsToRemove=["k1", "none"])
    equal(client.get_tags(ResourceArn=arn)["Tags"], {"k2": "", "k3": "v3"})
    code = "InvalidInputException"
    refused(code, client.tag_resource, ResourceArn=arn,
            TagsToAdd={f"t{number}": "" for number in range(49)})
    refused(code, client.tag_resource, ResourceArn=arn,
            TagsToAdd={"aws:x": "y"})
    refused(code, client.create_connection, ConnectionInput=jdbc("two"),
            Tags={"aws:x": "y"})
    refused(code, client.get_tags, ResourceArn=ARN.replace(
        ":connection/", ":job/") + "one")
    refused("ValidationException", client.get_tags, ResourceArn="arn:x:y")
    refused("EntityNotFoundException", client.get_tags,
            ResourceArn=arn.replace(REGION, "eu-west-1"))


@test
def test_types(glue):
    """Connection types are listed and described."""
    client = glue.client()
    names, token = [], {}
    while True:
        answer = client.list_connection_types(MaxResults=4, **token)
        names += [item["ConnectionType"]
                  for item in answer["ConnectionTypes"]]
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    equal(names, sorted(names))
    for name in names:
        answer = client.describe_connection_type(ConnectionType=name)
        equal(answer["ConnectionType"], name)
        assert answer["Capabilities"]["SupportedAuthenticationTypes"]
        for key, item in answer["ConnectionProperties"].items():
            equal(item["Name"], key)
    assert {"JDBC", "KAFKA", "SALESFORCE"} <= set(names)
    refused("InvalidInputException", client.list_connection_types,
            NextToken="MQ==")
    refused("ValidationException", client.describe_connection_type,
            ConnectionType="NONE")


@test
def test_regions_and_accounts(glue):
    """Each region and account has connections of its own."""
    client = glue.client()
    client.create_connection(ConnectionInput=jdbc("one"))
    elsewhere = glue.client(region="eu-central-1")
    refused("EntityNotFoundException", elsewhere.get_connection, Name="one")
    elsewhere.create_connection(ConnectionInput=jdbc("one"))
    glue.control("/credentials", {
        "access_key": "AKIDOTHER", "secret_key": "x",
        "account": "999999999999"})
    other = glue.client(aws_access_key_id="AKIDOTHER",
                        aws_secret_access_key="x")
    equal(other.get_connections()["ConnectionList"], [])
    china = glue.client(region="cn-north-1")
    china.create_connection(ConnectionInput=jdbc("one"), Tags={"a": "b"})
    equal(china.get_tags(
        ResourceArn=f"arn:aws-cn:glue:cn-north-1:{ACCOUNT}:connection/one")[
            "Tags"], {"a": "b"})


@test
def test_catalog_id(glue):
    """CatalogId may be the caller's account and nothing else."""
    client = glue.client()
    refused("AccessDeniedException", client.create_connection,
            CatalogId="999999999999", ConnectionInput=jdbc("one"),
            text="is not authorized to perform: glue:CreateConnection on"
                 " resource: arn:aws:glue:us-east-1:999999999999:catalog")
    refused("EntityNotFoundException", client.get_connection,
            CatalogId="none", Name="one")


@test
def test_limit(glue):
    """The number of connections can be limited."""
    glue.set(max_connections=1)
    client = glue.client()
    client.create_connection(ConnectionInput=jdbc("one"))
    refused("ResourceNumberLimitExceededException", client.create_connection,
            ConnectionInput=jdbc("two"))


@test
def test_others_changes(glue):
    """The control API changes connections as somebody else would."""
    client = glue.client()
    glue.control("/connections", {"input": jdbc("one"), "status": "FAILED",
                                  "status_reason": "No."})
    found = client.get_connection(Name="one")["Connection"]
    equal((found["Status"], found["StatusReason"]), ("FAILED", "No."))
    equal(glue.control("/connections?name=one", method="DELETE"),
          {"removed": True})
    refused("EntityNotFoundException", client.get_connection, Name="one")
