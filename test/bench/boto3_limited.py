"""Measure boto3 with a service that allows only so many calls a second.

Usage: boto3_limited.py MODE CALLS WIDTH ENDPOINT_URL CA_FILE

MODE is the mode of its retries, "adaptive" or "standard"; the threads share one
client.  Prints the number of seconds until the last call has succeeded or was
given up.
"""

import concurrent.futures
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import botocore_peers


def make_client(endpoint_url, ca_file, retries, width):
    """Return a client with so many connections."""
    return boto3.client(
        "glue", region_name=botocore_peers.REGION, endpoint_url=endpoint_url,
        verify=ca_file, aws_access_key_id=botocore_peers.KEYS[0],
        aws_secret_access_key=botocore_peers.KEYS[1],
        config=Config(retries=retries, max_pool_connections=width))


def create(client, name):
    """Create a connection, if the service allows it."""
    try:
        client.create_connection(ConnectionInput={
            "Name": name, "ConnectionType": "JDBC",
            "ConnectionProperties": {
                "JDBC_CONNECTION_URL": "jdbc:mysql://h/d", "SECRET_ID": "s"}})
    except ClientError:
        pass


def main():
    mode, calls, width, endpoint_url, ca_file = sys.argv[1:6]
    client = make_client(endpoint_url, ca_file, {"mode": mode}, int(width))
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(int(width)) as threads:
        for number in range(int(calls)):
            threads.submit(create, client, f"call {number}")
    print(time.monotonic() - started)


if __name__ == "__main__":
    main()
