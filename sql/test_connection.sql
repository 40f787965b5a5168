--
-- glue_test_connection() as far as it gets without AWS; test/t has the rest
--
SET glue_conn.region = 'us-east-1';
SET glue_conn.config_file = '/dev/null';
SET glue_conn.credentials_file = '/dev/null';

-- by name
SELECT glue_test_connection(NULL::text);
SELECT glue_test_connection('', catalog_id => E'a\nb');
SELECT glue_test_connection('a', server => 'nowhere');

-- a literal is text, and a definition is no name
SELECT glue_test_connection('{"ConnectionType": "JDBC", "ConnectionProperties": {"PASSWORD": "hunter2"}}');
SELECT glue_test_connection(repeat(' ', 255) || '{}');
SELECT glue_test_connection('{odd name', server => 'nowhere');
SELECT glue_test_connection('[1]', server => 'nowhere');

-- by definition: all its faults at once
SELECT glue_test_connection(NULL::jsonb);
SELECT glue_test_connection(test_connection_input => 'null');
SELECT glue_test_connection(test_connection_input => '{"TestConnectionInput": {}}');
SELECT glue_test_connection(test_connection_input =>
    '{"Name": "a", "ConectionType": "JDBC", "ConnectionType": "JDBC", "ConnectionProperties":
        {"JDBC_CONNECTION_URL": "jdbc:mysql://h/d", "PASSWORD": ["hunter2"]}}',
    catalog_id => '');
SELECT glue_test_connection(test_connection_input =>
    '{"ConnectionType": "JDBC", "ConnectionProperties": {"JDBC_ENFORCE_SSL": true, "SECRET_ID": "s"}}');

-- a fault of the type alone is a warning
SELECT glue_test_connection(test_connection_input =>
    '{"ConnectionType": "NETWORK", "ConnectionProperties": {}}', server => 'nowhere');

-- a test writes nothing
BEGIN READ ONLY;
SELECT glue_test_connection('a', server => 'nowhere');
ROLLBACK;
RESET ALL;
