--
-- glue_validate_connection_input() and glue_is_valid_connection_input()
--
-- The unit tests have every limit of the model; this is the view of a user.
--
\pset format unaligned

-- no findings
SELECT * FROM glue_validate_connection_input('{
  "Name": "orders",
  "ConnectionType": "JDBC",
  "ConnectionProperties": {
    "JDBC_CONNECTION_URL": "jdbc:postgresql://db.example.com:5432/orders",
    "SECRET_ID": "orders-reader",
    "JDBC_ENFORCE_SSL": true
  },
  "PhysicalConnectionRequirements": {
    "SubnetId": "subnet-0a1b2c3d",
    "SecurityGroupIdList": ["sg-0a1b2c3d"],
    "AvailabilityZone": "us-east-1a"
  }
}', '{"team": "data", "cost-center": 4711}', '123456789012');

-- everything at once, in a stable order
SELECT * FROM glue_validate_connection_input('{
  "Name": "",
  "ConnectionTyp": "JDBC",
  "Description": 5,
  "MatchCriteria": ["a", 1, null],
  "ConnectionProperties": {"KAFKA_SSL_ENABLED": "False", "odd key": [], "password": "hunter2"},
  "PhysicalConnectionRequirements": {"SubnetId": "private", "SecurityGroupIdList": ["default"]},
  "AuthenticationConfiguration": {
    "AuthenticationType": "BASIK",
    "SecretArn": "orders-reader",
    "BasicAuthenticationCredentials": {"Username": "has space", "Password": ""}
  },
  "ValidateCredentials": "yes",
  "ValidateForComputeEnvironments": ["SPARK", "FLINK"]
}', '{"aws:team": "x", "": "y", "n": null}', E'12\n34');

-- the value of a secret is not shown, with any fault
SELECT path, rule, message FROM glue_validate_connection_input(jsonb_build_object(
  'Name', 'n', 'ConnectionType', 'CUSTOM',
  'ConnectionProperties', jsonb_build_object('PASSWORD', repeat('hunter2', 200)),
  'AuthenticationConfiguration', jsonb_build_object('OAuth2Properties',
    jsonb_build_object('OAuth2Credentials',
      jsonb_build_object('AccessToken', E'hunter2\n', 'JwtToken', 'hunter2')))));

-- lengths are counted in characters
SELECT path, message FROM glue_validate_connection_input(
  jsonb_build_object('Name', repeat(U&'\+01F600', 255), 'ConnectionType', 'NETWORK',
                     'PhysicalConnectionRequirements', '{"SubnetId": "subnet-0a1b2c3d", "AvailabilityZone": "x"}'::jsonb));
SELECT path, message FROM glue_validate_connection_input(
  jsonb_build_object('Name', repeat(U&'\+01F600', 256), 'ConnectionType', 'NETWORK',
                     'PhysicalConnectionRequirements', '{"SubnetId": "subnet-0a1b2c3d", "AvailabilityZone": "x"}'::jsonb));

-- requirements of each type
SELECT t AS type, path, rule, severity, message
  FROM unnest('{JDBC,KAFKA,MONGODB,CUSTOM,MARKETPLACE,NETWORK,SNOWFLAKE,MYSQL,SALESFORCE,DYNAMODB,VIEW_VALIDATION_ATHENA,SFTP,NO_SUCH_TYPE}'::text[]) t,
       glue_validate_connection_input(jsonb_build_object('Name', 'n', 'ConnectionType', t,
                                                         'ConnectionProperties', '{}'::jsonb));

-- inputs as people write them
SELECT v.path, v.rule, v.severity, v.message
  FROM unnest(ARRAY[
    '{"connectionInput": {"name": "n", "connectionType": "JDBC"}}',
    '{"Name": "n", "ConnectionType": "jdbc", "ConnectionProperties": {}}',
    '{"Name": "n", "ConnectionType": "JDBC", "CreationTime": 1519437098.664, "Status": "READY",
      "ConnectionProperties": {"JDBC_CONNECTION_URL": "jdbc:mysql://h/d", "SECRET_ID": "s"}}',
    '{"Name": "n", "ConnectionType": "JDBC", "ConnectionProperties": {"JDBC_CONNECTION_URL": " postgres://u:hunter2@h/d"}}',
    '{"Name": "n", "ConnectionType": "SNOWFLAKE", "ConnectionProperties": {"SparkProperties": {"secretId": "s"}}}',
    '{"Name": "n", "ConnectionType": "CUSTOM", "MatchCriteria": ["template-connection"], "ConnectionProperties":
      {"CONNECTOR_CLASS_NAME": "c", "CONNECTION_TYPE": "Jdbc", "CONNECTOR_URL": "s3://b/c.jar"}}',
    '{"Name": "n", "ConnectionType": "ATHENA", "ConnectionProperties": {}, "AuthenticationConfiguration":
      {"SecretArn": "arn:aws-eusc:secretsmanager:eusc-de-east-1:123456789012:secret:s"}}'
  ]::jsonb[]) WITH ORDINALITY AS i(input, number), glue_validate_connection_input(i.input) v
 ORDER BY i.number;

-- a path finds the value that it names
SELECT jsonb_path_query(i, v.path::jsonpath), v.rule
  FROM (SELECT '{"Name": "n", "ConnectionType": "NETWORK", "MatchCriteria": ["x", true],
                 "ConnectionProperties": {"a\"b.c": {}}}'::jsonb) AS s(i),
       glue_validate_connection_input(i) v
 WHERE v.rule = 'type';

-- unknown members can be let through
SET glue_conn.allow_unknown_members = on;
SELECT * FROM glue_validate_connection_input('{"Name": "n", "ConnectionType": "NETWORK", "Nmae": "x",
  "PhysicalConnectionRequirements": {"SubnetId": "subnet-0a1b2c3d", "AvailabilityZone": "x"}}');
SELECT glue_is_valid_connection_input('{"Name": "n", "ConnectionType": "NETWORK", "Nmae": "x",
  "PhysicalConnectionRequirements": {"SubnetId": "subnet-0a1b2c3d", "AvailabilityZone": "x"}}');
RESET glue_conn.allow_unknown_members;

-- in a constraint: warnings pass, errors do not, null says nothing
CREATE TEMPORARY TABLE data_source (
  id integer PRIMARY KEY,
  connection_input jsonb CONSTRAINT valid_input CHECK (glue_is_valid_connection_input(connection_input))
);
INSERT INTO data_source VALUES (1, '{"Name": "n", "ConnectionType": "SFTP", "ConnectionProperties": {}}');
INSERT INTO data_source VALUES (2, NULL);
INSERT INTO data_source VALUES (3, '{"Name": "n", "ConnectionType": "JDBC", "ConnectionProperties": {}}');
INSERT INTO data_source VALUES (4, '[]');
SELECT id FROM data_source ORDER BY id;
