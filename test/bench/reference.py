#!/usr/bin/env python3
"""Print the reference request, or one member of it, as JSON.

Usage: reference.py [MEMBER]

The request is the JSON of a CreateConnection of 1024 bytes.  It resembles a real
one: JDBC with a password, network, tags, and a description that fills it up.  The
name has room for a number.
"""

import json
import sys

SIZE = 1024

PARTS = {
    "CatalogId": "123456789012",
    "ConnectionInput": {
        "Name": "shop-warehouse-00000000",
        "Description": "Orders, invoices and stock of the web shop, read by "
        "the nightly jobs from the standby server of the warehouse",
        "ConnectionType": "JDBC",
        "MatchCriteria": ["shop", "warehouse"],
        "ConnectionProperties": {
            "JDBC_CONNECTION_URL": "jdbc:postgresql://standby.warehouse."
            "shop.example.com:5432/warehouse",
            "USERNAME": "nightly_jobs",
            "PASSWORD": "not-the-password-of-anything",
            "JDBC_ENFORCE_SSL": "true",
            "JDBC_DRIVER_CLASS_NAME": "org.postgresql.Driver",
            "JDBC_DRIVER_JAR_URI": "s3://drivers.shop.example.com/jdbc/"
            "postgresql-42.7.3.jar",
        },
        "PhysicalConnectionRequirements": {
            "SubnetId": "subnet-0a1b2c3d4e5f60718",
            "SecurityGroupIdList": ["sg-0a1b2c3d4e5f60718",
                                    "sg-08172635445362718"],
            "AvailabilityZone": "us-east-1a",
        },
    },
    "Tags": {"team": "shop", "stage": "production", "cost-centre": "4711",
             "owner": "warehouse@shop.example.com", "made-by": "postgresql"},
}


def as_json(value):
    """Return the shortest JSON of a value."""
    return json.dumps(value, separators=(",", ":"))


def request():
    """Return the request as a dictionary."""
    missing = SIZE - len(as_json(PARTS))
    connection = dict(PARTS["ConnectionInput"])
    connection["Description"] += "." * missing
    return {**PARTS, "ConnectionInput": connection}


if __name__ == "__main__":
    value = request()
    for member in sys.argv[1:]:
        value = value[member]
    print(as_json(value), end="")
