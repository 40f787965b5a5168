"""What Glue demands of a connection beyond its shape.

The rules are those that were measured against the real service, with its
texts: which properties each type needs.  Most violations get one text that
names nothing, so a client that wants to tell its user more must know the
rules itself.
"""

import json
import re

from local_glue.errors import AwsError, invalid_input

PROPERTIES_FAILED = "Validation for connection properties failed"
SNOWFLAKE_URL = ".+[.]snowflakecomputing[.](com|cn)"

SAAS_TYPES = frozenset("""
    ADOBEANALYTICS ASANA BLACKBAUDRAISEREDGENXT CIRCLECI DATADOG
    DOCUSIGNMONITOR DYNATRACE FACEBOOKADS FACEBOOKPAGEINSIGHTS FRESHDESK
    FRESHSALES GITLAB GOOGLEADS GOOGLEANALYTICS4 GOOGLESEARCHCONSOLE
    GOOGLESHEETS HUBSPOT INSTAGRAMADS INTERCOM JIRACLOUD LINKEDIN MAILCHIMP
    MARKETO MICROSOFTDYNAMIC365FINANCEANDOPS MICROSOFTTEAMS MIXPANEL
    NETSUITEERP PAYPAL PENDO PIPEDIVE PRODUCTBOARD QUICKBOOKS SALESFORCE
    SALESFORCECOMMERCECLOUD SALESFORCEMARKETINGCLOUD SALESFORCEPARDOT
    SAPCONCUR SAPODATA SENDGRID SERVICENOW SLACK SMARTSHEET SNAPCHATADS
    STRIPE TWILIO WOOCOMMERCE ZENDESK ZOHOCRM ZOOM
    """.split())

DATABASE_TYPES = frozenset("MYSQL ORACLE POSTGRESQL SQLSERVER".split())

OTHER_TYPES = frozenset("""
    AZURECOSMOS AZURESQL BIGQUERY BLACKBAUD CLOUDERAHIVE CLOUDERAIMPALA
    CLOUDWATCH CLOUDWATCHMETRICS CMDB CUSTOM DATABRICKS DATALAKEGEN2 DB2
    DB2AS400 DOCUMENTDB DOMO DYNAMODB GOOGLECLOUDSTORAGE HBASE JDBC KAFKA
    KUSTOMER MARKETPLACE MICROSOFTDYNAMICS365CRM MONDAY MONGODB NETWORK OKTA
    OPENSEARCH PIPEDRIVE REDSHIFT SAPHANA SFTP SNOWFLAKE SYNAPSE TERADATA
    TERADATANOS TIMESTREAM TPCDS VERTICA VIEW_VALIDATION_ATHENA
    VIEW_VALIDATION_REDSHIFT
    """.split())

KNOWN_TYPES = SAAS_TYPES | DATABASE_TYPES | OTHER_TYPES

# These work only in version 2 of the connection schema, which is chosen by
# sending an AuthenticationConfiguration.
AUTHENTICATED_TYPES = SAAS_TYPES | DATABASE_TYPES

NEEDED_PROPERTIES = {
    "JDBC": ("JDBC_CONNECTION_URL",),
    "KAFKA": ("KAFKA_BOOTSTRAP_SERVERS",),
    "MONGODB": ("CONNECTION_URL",),
    "CUSTOM": ("CONNECTOR_URL", "CONNECTOR_TYPE", "CONNECTOR_CLASS_NAME"),
    "MARKETPLACE": ("CONNECTOR_URL", "CONNECTOR_TYPE",
                    "CONNECTOR_CLASS_NAME"),
}


def check_type(connection_type, settings):
    """Refuse a type that the service does not know."""
    if settings.any_connection_type or connection_type in KNOWN_TYPES:
        return
    if connection_type.startswith("REST-"):
        return
    raise AwsError(
        "ValidationException",
        f"1 validation error detected: Value '{connection_type}' at"
        " 'connectionInput.connectionType' failed to satisfy constraint:"
        " Member must satisfy enum value set: ["
        + ", ".join(sorted(KNOWN_TYPES)) + "]")


def check_jdbc(properties, settings):
    """Refuse a JDBC connection with neither a login nor a secret."""
    if "SECRET_ID" in properties:
        return
    password = "PASSWORD" in properties or (
        settings.encrypt_passwords and "ENCRYPTED_PASSWORD" in properties)
    if "USERNAME" not in properties or not password:
        raise invalid_input(PROPERTIES_FAILED)


def check_snowflake(properties):
    """Refuse what the first version of the schema refuses."""
    environments = ("SparkProperties", "PythonProperties")
    wrong = [key for key in properties if key not in environments]
    if wrong:
        raise invalid_input("Invalid properties found: ["
                            + ", ".join(sorted(wrong)) + "]")
    if not properties:
        raise invalid_input(
            "PythonProperties: is missing but it is required,"
            " SparkProperties: is missing but it is required")
    for name, text in properties.items():
        try:
            url = json.loads(text).get("sfUrl", "")
        except (ValueError, AttributeError):
            raise invalid_input(PROPERTIES_FAILED) from None
        if not re.search(SNOWFLAKE_URL, str(url)):
            raise invalid_input(f"{name}.sfUrl: does not match the regex"
                                f" pattern {SNOWFLAKE_URL}")


def check_connection(definition, settings):
    """Refuse a ConnectionInput that the service refuses."""
    connection_type = definition["ConnectionType"]
    check_type(connection_type, settings)
    if not settings.validate_properties:
        return
    authenticated = "AuthenticationConfiguration" in definition
    if connection_type in AUTHENTICATED_TYPES and not authenticated:
        raise invalid_input(
            "[ConnectionInput.AuthenticationConfiguration is required.]")
    if connection_type == "NETWORK":
        if not definition.get("PhysicalConnectionRequirements"):
            raise invalid_input("PhysicalConnectionRequirements cannot be"
                                " null")
    check_properties(connection_type,
                     definition.get("ConnectionProperties", {}),
                     authenticated, settings)


def check_properties(connection_type, properties, authenticated, settings):
    """Refuse ConnectionProperties that do not do for their type."""
    for key in NEEDED_PROPERTIES.get(connection_type, ()):
        if key not in properties:
            raise invalid_input(PROPERTIES_FAILED)
    if connection_type == "JDBC":
        check_jdbc(properties, settings)
    if connection_type == "SNOWFLAKE" and not authenticated:
        check_snowflake(properties)
    if connection_type == "NETWORK" and "JDBC_ENFORCE_SSL" in properties:
        raise invalid_input(PROPERTIES_FAILED)
