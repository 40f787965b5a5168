"""The rules of Glue for a connection, beyond its shape.

They are the rules of src/glue/rules.def, which the extension uses, too.  This
module enforces those that were measured at the real service, with its texts.
Most violations get one text that names nothing, so a client that wants to
report more must know the rules itself.

A rule about a property needs nothing here.  A rule that needs code has a
function of its name below, in lower case.
"""

import collections
import json
import pathlib
import re

from local_glue.errors import AwsError, invalid_input

PROPERTIES_FAILED = "Validation for connection properties failed"
SNOWFLAKE_URL = ".+[.]snowflakecomputing[.](com|cn)"

TABLE = pathlib.Path(__file__).resolve().parents[2] / "src" / "glue" / "rules.def"
KINDS = {"REQUIRED": "type key when evidence source",
         "REFUSED": "type key when evidence source",
         "CHECK": "name rule evidence source",
         "UNLISTED_TYPE": "type evidence source",
         "ACCEPTED": "what source"}
ENFORCED = ("MEASURED", "ACCOUNT")

# The types of the model that the text of a refusal lists besides the others.
LISTED_TYPES = frozenset("""
    ADOBEANALYTICS ASANA AZURECOSMOS AZURESQL BIGQUERY BLACKBAUD
    BLACKBAUDRAISEREDGENXT CIRCLECI CLOUDERAHIVE CLOUDERAIMPALA CLOUDWATCH
    CLOUDWATCHMETRICS CMDB CUSTOM DATADOG DATALAKEGEN2 DB2 DB2AS400
    DOCUMENTDB DOCUSIGNMONITOR DOMO DYNAMODB DYNATRACE FACEBOOKADS
    FACEBOOKPAGEINSIGHTS FRESHDESK FRESHSALES GITLAB GOOGLEADS
    GOOGLEANALYTICS4 GOOGLECLOUDSTORAGE GOOGLESEARCHCONSOLE GOOGLESHEETS HBASE
    HUBSPOT INSTAGRAMADS INTERCOM JDBC JIRACLOUD KAFKA KUSTOMER LINKEDIN
    MAILCHIMP MARKETO MARKETPLACE MICROSOFTDYNAMIC365FINANCEANDOPS
    MICROSOFTDYNAMICS365CRM MICROSOFTTEAMS MIXPANEL MONDAY MONGODB MYSQL
    NETSUITEERP NETWORK OKTA OPENSEARCH ORACLE PAYPAL PENDO PIPEDIVE PIPEDRIVE
    POSTGRESQL PRODUCTBOARD QUICKBOOKS SALESFORCE
    SALESFORCECOMMERCECLOUD SALESFORCEMARKETINGCLOUD SALESFORCEPARDOT
    SAPCONCUR SAPHANA SAPODATA SENDGRID SERVICENOW SFTP SLACK SMARTSHEET
    SNAPCHATADS SQLSERVER STRIPE SYNAPSE TERADATA TERADATANOS
    TIMESTREAM TPCDS TWILIO VERTICA VIEW_VALIDATION_ATHENA
    VIEW_VALIDATION_REDSHIFT WOOCOMMERCE ZENDESK ZOHOCRM ZOOM
    """.split())


def read_table(text):
    """The rows of rules.def, each of a class of its kind."""
    kinds = {name: collections.namedtuple(name, members)
             for name, members in KINDS.items()}
    rows = []
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        kind, arguments = re.fullmatch(r"(\w+)\((.*)\)", line).groups()
        values = re.findall(r'"((?:[^"\\]|\\.)*)"|([\w| ]*\w)', arguments)
        rows.append(kinds[kind](*(text or word.strip()
                                  for text, word in values)))
    return rows


def is_kind(row, name):
    """Whether a row is of this kind."""
    return type(row).__name__ == name


TABLE_ROWS = read_table(TABLE.read_text(encoding="utf-8"))

# "REST-" stands for all types that begin so.
KNOWN_TYPES = LISTED_TYPES | {row.type for row in TABLE_ROWS
                              if is_kind(row, "UNLISTED_TYPE")}


def criteria_of_template(definition):
    """Whether this is a template of a connector, or uses one."""
    criteria = definition.get("MatchCriteria", [])
    return criteria[:1] == ["template-connection"] or (
        criteria[:1] == ["Connection"] and len(criteria) > 1)


def properties_of(definition):
    """The properties of a connection, if it has any."""
    return definition.get("ConnectionProperties", {})


# The conditions of a row, its argument "when".
SITUATIONS = {
    "ALWAYS": lambda definition: True,
    "FIRST": lambda definition:
        "AuthenticationConfiguration" not in definition,
    "SECOND": lambda definition: "AuthenticationConfiguration" in definition,
    "NO_ATHENA": lambda definition: "AthenaProperties" not in definition,
    "NO_ENGINE": lambda definition: not (
        {"HOST", "PORT", "JDBC_ENGINE"} <= properties_of(definition).keys()),
    "NO_TEMPLATE": lambda definition: not criteria_of_template(definition),
    "NO_OLD_KEY": lambda definition:
        "CONNECTION_TYPE" not in properties_of(definition),
}


def check_property(row, definition):
    """Refuse a property that a type must not have, or the lack of one."""
    if definition["ConnectionType"] != row.type or not all(
            SITUATIONS[word](definition) for word in row.when.split(" | ")):
        return
    present = row.key in properties_of(definition)
    if is_kind(row, "REQUIRED") and not present:
        raise invalid_input(PROPERTIES_FAILED)
    if is_kind(row, "REFUSED") and present:
        raise invalid_input(f"Invalid properties found: [{row.key}]")


def type_case(definition, settings):
    """Refuse a known type in the wrong case."""
    name = definition["ConnectionType"]
    word = "REST-" if name.upper().startswith("REST-") else name.upper()
    if word in KNOWN_TYPES and not name.startswith(word):
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '{name}' at"
            " 'connectionInput.connectionType' failed to satisfy constraint:"
            " Member must satisfy enum value set: ["
            + ", ".join(sorted(KNOWN_TYPES)) + "]")


def uses_passwords(definition):
    """Whether a connection may log in by name and password alone."""
    return (definition["ConnectionType"] == "JDBC"
            and "AuthenticationConfiguration" not in definition
            and "SECRET_ID" not in properties_of(definition))


def jdbc_login(definition, settings):
    """Refuse a name without a password, or a password without a name."""
    given = properties_of(definition)
    if (uses_passwords(definition)
            and not lacks_plain_password(given)
            and ("USERNAME" in given) != ("PASSWORD" in given)):
        raise invalid_input(PROPERTIES_FAILED)


def encrypted_password(definition, settings):
    """Refuse an encrypted password in a catalog that encrypts none."""
    if (uses_passwords(definition) and not settings.encrypt_passwords
            and lacks_plain_password(properties_of(definition))):
        raise invalid_input(PROPERTIES_FAILED)


def lacks_plain_password(properties):
    """Whether the only password is an encrypted one."""
    return ("ENCRYPTED_PASSWORD" in properties
            and "PASSWORD" not in properties)


def network(definition, settings):
    """Refuse a network connection without a network."""
    if (definition["ConnectionType"] == "NETWORK"
            and "PhysicalConnectionRequirements" not in definition):
        raise invalid_input("PhysicalConnectionRequirements cannot be null")


def is_first_snowflake(definition):
    """Whether the first version of the schema is for this connection."""
    return (definition["ConnectionType"] == "SNOWFLAKE"
            and "AuthenticationConfiguration" not in definition)


def snowflake_maps(definition, settings):
    """Refuse a Snowflake connection with neither of its maps."""
    given = properties_of(definition)
    if is_first_snowflake(definition) and not (
            {"SparkProperties", "PythonProperties"} & given.keys()):
        raise invalid_input(
            "PythonProperties: is missing but it is required,"
            " SparkProperties: is missing but it is required")


def snowflake_spark_url(definition, settings):
    """Refuse a URL that is not Snowflake's."""
    if not is_first_snowflake(definition):
        return
    try:
        url = json.loads(properties_of(definition)["SparkProperties"])["sfUrl"]
    except (KeyError, TypeError, ValueError):
        return
    if isinstance(url, str) and not re.search(SNOWFLAKE_URL, url):
        raise invalid_input("SparkProperties.sfUrl: does not match the regex"
                            f" pattern {SNOWFLAKE_URL}")


def reserved_tag(tags):
    """Refuse tags whose keys are reserved for AWS."""
    for key in tags:
        if key.lower().startswith("aws:"):
            raise invalid_input(f"The tag key {key} begins with aws:, which"
                                " is reserved.")


def enforced(rows):
    """The enforced rows, each with its function."""
    result = []
    for row in rows:
        if getattr(row, "evidence", None) not in ENFORCED:
            continue
        if is_kind(row, "CHECK"):
            result.append((row, globals()[row.name.lower()]))
        elif not is_kind(row, "UNLISTED_TYPE"):
            result.append((row, None))
    return result


RULES = enforced(TABLE_ROWS)


def check_connection(definition, settings, rules=None):
    """Refuse a ConnectionInput that the service refuses."""
    if not settings.validate_properties:
        return
    for row, function in RULES if rules is None else rules:
        if function is None:
            check_property(row, definition)
        elif function is not reserved_tag:
            function(definition, settings)


def check_tags(tags):
    """Refuse tags that the service refuses."""
    for _, function in RULES:
        if function is reserved_tag:
            function(tags)
