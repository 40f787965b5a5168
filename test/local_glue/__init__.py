"""A local stand-in for AWS Glue connections, for tests and `make demo`.

The package answers on three loopback ports:

* the service port speaks Glue (JSON 1.1) and STS (Query) over TLS, and
  believes nobody: every request's signature is checked;
* the metadata port hands out temporary credentials as EC2's and ECS's
  metadata services do;
* the control port, which no client of AWS knows, shows everything that the
  other two hold and saw, and tells them to misbehave.

README.md says how to run it.
"""
