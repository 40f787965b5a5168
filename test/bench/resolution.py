#!/usr/bin/env python3
"""Measure the time until a call that was rolled back is resolved.

Usage: resolution.py COUNT

A backend creates so many connections in the local Glue, one after the other,
and rolls each back; procedure measure_resolution() of backend.sql waits for the
background worker to read it, delete it, and record that.  psql finds the
server by the environment.  Prints lines "name TAB value".
"""

import sys

import catalog


def main():
    with catalog.local_glue() as ready:
        catalog.call_procedure(ready, f"measure_resolution({sys.argv[1]})")


if __name__ == "__main__":
    main()
