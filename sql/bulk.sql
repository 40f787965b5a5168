--
-- glue_create_connections(), as far as it goes without AWS
--
LOAD 'glue_conn';
SET glue_conn.region = 'us-east-1';

-- nothing to do, and so no call
SELECT * FROM glue_create_connections('{}');

-- all inputs are checked, and all faults are reported at once
SELECT * FROM glue_create_connections(NULL);
SELECT * FROM glue_create_connections(ARRAY[NULL, 'null', '[]', '{}']::jsonb[]);
SELECT * FROM glue_create_connections(ARRAY[
	'{"Name": "a", "ConnectionType": "JDBC", "ConnectionProperties":
		{"JDBC_CONNECTION_URL": "jdbc:postgresql://db:5432/x", "SECRET_ID": "s"}}',
	'{"Name": "", "ConnectionType": "NETWORK", "ConnectionProperties": {}}',
	'{"Name": "b", "ConnectionType": "NETWORK", "ConnectionProperties": {},
		"PhysicalConnectionRequirements": {"SecurityGroupIdList": ["sg-1", 2]}}'
	]::jsonb[], '{"": "x"}', '');

-- a name may be used once
SELECT * FROM glue_create_connections(ARRAY[
	'{"Name": "a", "ConnectionType": "NETWORK", "ConnectionProperties": {}}',
	'{"Name": "b", "ConnectionType": "NETWORK", "ConnectionProperties": {}}',
	'{"Name": "a", "ConnectionType": "NETWORK", "ConnectionProperties": {}}',
	'{"Name": "A", "ConnectionType": "NETWORK", "ConnectionProperties": {}}',
	'{"Name": "a", "ConnectionType": "NETWORK", "ConnectionProperties": {}}'
	]::jsonb[]);

-- an array of arrays is taken as it comes
SELECT * FROM glue_create_connections(ARRAY[['{}', '{}'], ['1', '{}']]::jsonb[]);

SELECT * FROM glue_create_connections('{}', on_conflict => 'replace');
SET glue_conn.max_concurrent_requests = 0;
SET glue_conn.max_concurrent_requests = 257;

BEGIN READ ONLY;
SELECT * FROM glue_create_connections('{}');
ROLLBACK;
