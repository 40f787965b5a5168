"""A local stand-in for AWS Glue connections, for tests and `make demo`.

The package answers on three loopback ports:

* the service port speaks Glue (JSON 1.1) and STS (Query) over TLS, and
  checks the signature of every request;
* the metadata port serves temporary credentials as EC2's and ECS's metadata
  services do;
* the control port, for tests alone, shows the state of the other two and
  all their requests, and tells them to misbehave.

README.md says how to run it.
"""
