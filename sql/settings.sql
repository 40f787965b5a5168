--
-- Settings are checked when they are set
--
LOAD 'glue_conn';

SELECT name, setting, unit, context, vartype, min_val, max_val
  FROM pg_settings WHERE name LIKE 'glue_conn.%'
 ORDER BY name COLLATE "C";

-- a region goes into a host name
SET glue_conn.region = 'us-east-1/';
SET glue_conn.region = 'x.example.com';
SET glue_conn.region = '-east';
SET glue_conn.region = 'us-gov-west-1';
SET glue_conn.region = '';

-- an endpoint gets passwords
SET glue_conn.endpoint_url = 'localhost';
SET glue_conn.endpoint_url = 'ftp://localhost';
SET glue_conn.endpoint_url = 'https://user:secret@localhost';
SET glue_conn.endpoint_url = 'https://localhost/?a=b';
SET glue_conn.endpoint_url = 'http://glue.example.com';
SET glue_conn.endpoint_url = 'http://127.0.0.1:4566';
SET glue_conn.endpoint_url = 'https://glue.example.com';

-- contradictions are errors of the call
SET glue_conn.region = 'us-east-1';
SET glue_conn.use_fips_endpoint = on;
SELECT glue_get_connection('a');
SET glue_conn.use_fips_endpoint = off;
SET glue_conn.use_dualstack_endpoint = on;
SELECT glue_get_connection('a');

SET glue_conn.max_attempts = 0;
-- newer servers show the range with its unit
\set VERBOSITY sqlstate
SET glue_conn.connect_timeout = '2h';
\set VERBOSITY default
SET glue_conn.unknown = 1;
RESET ALL;
