"""Measure boto3 with many calls side by side, in threads.

Usage: boto3_threads.py NAME ROUNDS CALLS WIDTH ENDPOINT_URL CA_FILE

The threads share one client, as boto3's documentation advises, with a
connection for each.  Prints a line "NAME boto3 TAB microseconds a call" for
each round; a round makes CALLS calls.
"""

import concurrent.futures
import sys
import time

import boto3
from botocore.config import Config

import botocore_peers


def main():
    rounds, calls, width = map(int, sys.argv[2:5])
    endpoint_url, ca_file = sys.argv[5:7]
    client = boto3.client(
        "glue", region_name=botocore_peers.REGION, endpoint_url=endpoint_url,
        verify=ca_file, aws_access_key_id=botocore_peers.KEYS[0],
        aws_secret_access_key=botocore_peers.KEYS[1],
        config=Config(retries={"total_max_attempts": 1},
                      max_pool_connections=width))
    create = botocore_peers.make_creating(client)
    with concurrent.futures.ThreadPoolExecutor(width) as threads:
        for turn in range(rounds + 1):
            started = time.perf_counter()
            for _ in threads.map(create, range(calls)):
                pass
            seconds = time.perf_counter() - started
            if turn > 0:  # the first one makes the connections
                print(f"{sys.argv[1]} boto3\t{seconds * 1e6 / calls:.3f}")


if __name__ == "__main__":
    main()
