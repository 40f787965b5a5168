--
-- The functions for types as far as they get without AWS; test/t has the rest
--
SET glue_conn.region = 'us-east-1';
SET glue_conn.config_file = '/dev/null';
SET glue_conn.credentials_file = '/dev/null';

SELECT glue_describe_connection_type(NULL);
SELECT glue_describe_connection_type('');
SELECT glue_describe_connection_type(repeat('x', 256));
SELECT glue_describe_connection_type('JDBC', server => 'nowhere');
SELECT glue_list_connection_types(server => 'nowhere');
SELECT * FROM glue_list_connection_types(server => 'nowhere');
RESET ALL;
