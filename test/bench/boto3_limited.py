"""What boto3 makes of a service that allows only so many calls a second.

Usage: boto3_limited.py MODE CALLS WIDTH ENDPOINT_URL CA_FILE

MODE is that of its retries, "adaptive" or "standard"; the threads share one
client.  Prints how many of the calls were made.
"""

import concurrent.futures
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import botocore_peers


def main():
    mode, calls, width, endpoint_url, ca_file = sys.argv[1:6]
    client = boto3.client(
        "glue", region_name=botocore_peers.REGION, endpoint_url=endpoint_url,
        verify=ca_file, aws_access_key_id=botocore_peers.KEYS[0],
        aws_secret_access_key=botocore_peers.KEYS[1],
        config=Config(retries={"mode": mode},
                      max_pool_connections=int(width)))

    def create(number):
        try:
            client.create_connection(ConnectionInput={
                "Name": f"boto3 {number}", "ConnectionType": "JDBC",
                "ConnectionProperties": {
                    "JDBC_CONNECTION_URL": "jdbc:mysql://h/d",
                    "SECRET_ID": "s"}})
        except ClientError:
            return 0
        return 1

    with concurrent.futures.ThreadPoolExecutor(int(width)) as threads:
        print(sum(threads.map(create, range(int(calls)))))


if __name__ == "__main__":
    main()
