"""A few connection types, as DescribeConnectionType describes them.

Their answers have every kind of member; the real service knows about a
hundred types.
"""

# name: (display name, vendor, description, categories, authentication,
#        {property: (required, description, property type, allowed values)})
TYPES = {
    "JDBC": (
        "JDBC", "AWS", "A database that is reached by JDBC.", ["Database"],
        ["BASIC"],
        {"JDBC_CONNECTION_URL": (True, "The JDBC URL.", "USER_INPUT", ()),
         "JDBC_ENFORCE_SSL": (False, "Insist on SSL.", "USER_INPUT",
                              ("true", "false"))}),
    "KAFKA": (
        "Kafka", "Apache", "A Kafka streaming platform.", ["Streaming"],
        ["BASIC", "CUSTOM"],
        {"KAFKA_BOOTSTRAP_SERVERS": (True, "The brokers.", "USER_INPUT",
                                     ()),
         "KAFKA_SASL_MECHANISM": (False, "How to log in.", "USER_INPUT",
                                  ("SCRAM-SHA-512", "GSSAPI", "AWS_MSK_IAM",
                                   "PLAIN"))}),
    "NETWORK": (
        "Network", "AWS", "A subnet that jobs run in.", ["Network"],
        ["IAM"], {}),
    "POSTGRESQL": (
        "PostgreSQL", "PostgreSQL Global Development Group",
        "A PostgreSQL database.", ["Database"], ["BASIC"],
        {"HOST": (True, "The host.", "USER_INPUT", ()),
         "PORT": (True, "The port.", "USER_INPUT", ()),
         "DATABASE": (True, "The database.", "USER_INPUT", ()),
         "ROLE_ARN": (False, "The role that reads the secret.", "USER_INPUT",
                      ())}),
    "SALESFORCE": (
        "Salesforce", "Salesforce", "A Salesforce organisation.",
        ["SaaS", "CRM"], ["OAUTH2"],
        {"INSTANCE_URL": (True, "The instance.", "USER_INPUT", ()),
         "ROLE_ARN": (True, "The role that reads the secret.", "USER_INPUT",
                      ())}),
    "SNOWFLAKE": (
        "Snowflake", "Snowflake", "A Snowflake warehouse.",
        ["Database", "SaaS"], ["BASIC", "OAUTH2"],
        {"HOST": (True, "The host.", "USER_INPUT", ()),
         "WAREHOUSE": (True, "The warehouse.", "USER_INPUT", ())}),
}


def make_property(name, required, description, kind, allowed=()):
    """A Property structure."""
    result = {"Name": name, "Description": description,
              "Required": required, "PropertyTypes": [kind]}
    if allowed:
        result["AllowedValues"] = [{"Value": value} for value in allowed]
    return result


def capabilities(name):
    """A Capabilities structure."""
    return {"SupportedAuthenticationTypes": TYPES[name][4],
            "SupportedDataOperations": ["READ", "WRITE"],
            "SupportedComputeEnvironments": ["SPARK"]}


def brief(name):
    """One element of ListConnectionTypes' answer."""
    display_name, vendor, description, categories, _, _ = TYPES[name]
    return {"ConnectionType": name, "DisplayName": display_name,
            "Vendor": vendor, "Description": description,
            "Categories": categories, "Capabilities": capabilities(name),
            "LogoUrl": f"https://logos.test/{name.lower()}.svg"}


def describe(name):
    """DescribeConnectionType's answer."""
    _, _, description, _, authentication, properties = TYPES[name]
    return {
        "ConnectionType": name,
        "Description": description,
        "Capabilities": capabilities(name),
        "ConnectionProperties": {
            key: make_property(key, *details)
            for key, details in properties.items()},
        "ConnectionOptions": {},
        "AuthenticationConfiguration": {
            "AuthenticationType": make_property(
                "AuthenticationType", True, "How to log in.", "USER_INPUT",
                authentication),
            "SecretArn": make_property(
                "SecretArn", False, "Where the login is kept.",
                "SECRET")},
        "PhysicalConnectionRequirements": {
            key: make_property(key, False, "Where jobs run.", "USER_INPUT")
            for key in ("SubnetId", "SecurityGroupIdList",
                        "AvailabilityZone")},
        "ComputeEnvironmentConfigurations": {
            "SPARK": {
                "Name": "SPARK", "Description": "Jobs on Spark.",
                "ComputeEnvironment": "SPARK",
                "SupportedAuthenticationTypes": authentication,
                "ConnectionOptions": {},
                "ConnectionPropertyNameOverrides": {},
                "ConnectionOptionNameOverrides": {},
                "ConnectionPropertiesRequiredOverrides": []}},
    }
