--
-- glue_create_connection() and glue_get_connection() as far as they get
-- without AWS; test/t has the rest
--
SET glue_conn.config_file = '/dev/null';
SET glue_conn.credentials_file = '/dev/null';

-- the error names the missing settings, with all sources
SELECT glue_create_connection('{"Name": "a", "ConnectionType": "NETWORK",
    "PhysicalConnectionRequirements": {"SubnetId": "subnet-1", "AvailabilityZone": "us-east-1a"}}');
SET glue_conn.region = 'us-east-1';
SELECT glue_create_connection('{"Name": "a", "ConnectionType": "NETWORK",
    "PhysicalConnectionRequirements": {"SubnetId": "subnet-1", "AvailabilityZone": "us-east-1a"}}');
SET glue_conn.profile = 'reports';
SELECT glue_get_connection('a');
RESET glue_conn.profile;

-- arguments
SELECT glue_create_connection(NULL);
SELECT glue_create_connection('{"ConnectionType": "JDBC"}', tags => '[]',
                              catalog_id => '');
SELECT glue_create_connection('{}', on_conflict => 'ignore');
SELECT glue_create_connection('{}', on_conflict => NULL);
SELECT glue_create_connection('{}', on_conflict => 'adopt');
SELECT glue_create_connection('{"Name": "a", "ConnectionType": "JDBC",
    "ConnectionProperties": {"JDBC_CONNECTION_URL": "jdbc:mysql://h/d", "SECRET_ID": "s"}}',
    server => 'nowhere');
SELECT glue_get_connection(NULL);
SELECT glue_get_connection('');
SELECT glue_get_connection(repeat('x', 256), catalog_id => E'a\nb');
SELECT glue_get_connection('a', server => 'nowhere');

-- a foreign server of somebody else
CREATE FOREIGN DATA WRAPPER regress_glue_wrapper;
CREATE SERVER regress_glue_server FOREIGN DATA WRAPPER regress_glue_wrapper;
SELECT glue_get_connection('a', server => 'regress_glue_server');
DROP FOREIGN DATA WRAPPER regress_glue_wrapper CASCADE;

-- a transaction that must not write
BEGIN READ ONLY;
SELECT glue_create_connection('{}');
ROLLBACK;

-- a failed creation is not recorded
SELECT count(*) FROM glue_connection;
RESET ALL;
