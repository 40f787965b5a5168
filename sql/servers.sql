--
-- Foreign servers as targets
--
LOAD 'glue_conn';
SET glue_conn.region = 'us-east-1';
SET glue_conn.config_file = '/dev/null';
SET glue_conn.credentials_file = '/dev/null';

-- every option of a server, and how it is kept
CREATE SERVER regress_glue FOREIGN DATA WRAPPER glue_conn OPTIONS (
	region 'eu-central-1',
	catalog_id '123456789012',
	endpoint_url 'https://127.0.0.1:1/',
	profile 'reports',
	role_arn 'arn:aws:iam::123456789012:role/path/reader',
	external_id 'shop-1',
	use_fips_endpoint 'false',
	use_dualstack_endpoint 'off',
	ca_file '/etc/ssl/ca.crt',
	proxy 'http://proxy.example.com:3128',
	connect_timeout '5s',
	request_timeout '2min',
	max_attempts '5'
);
SELECT unnest(srvoptions) AS option FROM pg_foreign_server
 WHERE srvname = 'regress_glue';

-- every option of a user mapping
CREATE USER MAPPING FOR PUBLIC SERVER regress_glue OPTIONS (
	access_key_id 'AKIDEXAMPLE',
	secret_access_key 'Sec=ret/+',
	session_token 'To=ken==',
	role_arn 'arn:aws:iam::123456789012:role/writer',
	external_id 'shop-2'
);
SELECT unnest(umoptions) AS option FROM pg_user_mappings
 WHERE srvname = 'regress_glue';
DROP SERVER regress_glue CASCADE;

-- an unknown option is answered with the nearest one of the same object
CREATE SERVER regress_glue FOREIGN DATA WRAPPER glue_conn OPTIONS (regoin 'x');
CREATE SERVER regress_glue FOREIGN DATA WRAPPER glue_conn OPTIONS ("Region" 'x');
CREATE SERVER regress_glue FOREIGN DATA WRAPPER glue_conn OPTIONS (secret_access_key 'x');
CREATE SERVER regress_glue FOREIGN DATA WRAPPER glue_conn OPTIONS (max_requests_pr_second '1');
CREATE SERVER regress_glue FOREIGN DATA WRAPPER glue_conn;
CREATE USER MAPPING FOR PUBLIC SERVER regress_glue OPTIONS (secret_acces_key 'x');
CREATE USER MAPPING FOR PUBLIC SERVER regress_glue OPTIONS (region 'x');
CREATE USER MAPPING FOR PUBLIC SERVER regress_glue OPTIONS ("user" 'x');
ALTER FOREIGN DATA WRAPPER glue_conn OPTIONS (region 'x');
CREATE FOREIGN TABLE regress_glue_table (a int) SERVER regress_glue OPTIONS (region 'x');

-- values are checked as those of the settings are, and never shown
ALTER SERVER regress_glue OPTIONS (region 'us-east-1/');
ALTER SERVER regress_glue OPTIONS (region '');
ALTER SERVER regress_glue OPTIONS (catalog_id '');
ALTER SERVER regress_glue OPTIONS (catalog_id E'12\n34');
ALTER SERVER regress_glue OPTIONS (endpoint_url 'https://user:secret@localhost');
ALTER SERVER regress_glue OPTIONS (endpoint_url 'http://glue.example.com');
ALTER SERVER regress_glue OPTIONS (profile '');
ALTER SERVER regress_glue OPTIONS (role_arn 'reader');
ALTER SERVER regress_glue OPTIONS (role_arn 'arn:aws:iam::123456789012:user/reader');
ALTER SERVER regress_glue OPTIONS (role_arn 'arn:aws:iam::12345:role/reader');
ALTER SERVER regress_glue OPTIONS (role_arn 'arn:aws:iam::123456789012:role/');
ALTER SERVER regress_glue OPTIONS (role_arn 'arn:aws:iam::123456789012:role/a b');
ALTER SERVER regress_glue OPTIONS (external_id 'x');
ALTER SERVER regress_glue OPTIONS (external_id 'x y');
ALTER SERVER regress_glue OPTIONS (use_fips_endpoint 'maybe');
ALTER SERVER regress_glue OPTIONS (ca_file '');
ALTER SERVER regress_glue OPTIONS (proxy 'http://user:secret@proxy.example.com');
ALTER SERVER regress_glue OPTIONS (connect_timeout '2h');
ALTER SERVER regress_glue OPTIONS (connect_timeout '0');
ALTER SERVER regress_glue OPTIONS (request_timeout '5 parsecs');
ALTER SERVER regress_glue OPTIONS (request_timeout 'soon');
ALTER SERVER regress_glue OPTIONS (max_attempts '21');
ALTER SERVER regress_glue OPTIONS (max_attempts '5s');

-- half a pair of keys
CREATE USER MAPPING FOR PUBLIC SERVER regress_glue OPTIONS (access_key_id 'AKIDEXAMPLE');
CREATE USER MAPPING FOR PUBLIC SERVER regress_glue OPTIONS (secret_access_key 'secret');
CREATE USER MAPPING FOR PUBLIC SERVER regress_glue OPTIONS (session_token 'secret');
CREATE USER MAPPING FOR PUBLIC SERVER regress_glue OPTIONS (access_key_id 'AKIDEXAMPLE', secret_access_key '');
CREATE USER MAPPING FOR PUBLIC SERVER regress_glue OPTIONS (access_key_id 'AKIDEXAMPLE', secret_access_key E'secret\n');
CREATE USER MAPPING FOR PUBLIC SERVER regress_glue OPTIONS (access_key_id 'AKIDEXAMPLE', secret_access_key 'secret', session_token 'sec ret');
CREATE USER MAPPING FOR PUBLIC SERVER regress_glue OPTIONS (access_key_id 'AKIDEXAMPLE', secret_access_key 'secret');
ALTER USER MAPPING FOR PUBLIC SERVER regress_glue OPTIONS (DROP secret_access_key);
DROP USER MAPPING FOR PUBLIC SERVER regress_glue;

-- the validator by itself
SELECT glue_conn_validator(NULL, 'pg_foreign_server'::regclass);
SELECT glue_conn_validator('{}', 'pg_foreign_table'::regclass);
SELECT glue_conn_validator('{region}', 'pg_foreign_server'::regclass);
SELECT glue_conn_validator('{NULL}', 'pg_foreign_server'::regclass);
SELECT glue_conn_validator('{a,=,""}', 'pg_foreign_server'::regclass);

-- options that a call can name
SELECT glue_get_connection('a', server => 'nonsense');
CREATE FOREIGN DATA WRAPPER regress_other_wrapper;
CREATE SERVER regress_other FOREIGN DATA WRAPPER regress_other_wrapper;
SELECT glue_get_connection('a', server => 'regress_other');

-- a wrapper is known by its extension and not by its name
ALTER FOREIGN DATA WRAPPER glue_conn RENAME TO regress_wrapper;
ALTER FOREIGN DATA WRAPPER regress_other_wrapper RENAME TO glue_conn;
SELECT glue_get_connection('a', server => 'regress_other');
SELECT glue_get_connection('a', server => 'regress_glue');
ALTER FOREIGN DATA WRAPPER glue_conn RENAME TO regress_other_wrapper;
ALTER FOREIGN DATA WRAPPER regress_wrapper RENAME TO glue_conn;
DROP SERVER regress_other;
DROP FOREIGN DATA WRAPPER regress_other_wrapper;

-- options come before settings
RESET glue_conn.region;
SELECT glue_get_connection('a', server => 'regress_glue');
ALTER SERVER regress_glue OPTIONS (region 'us-iso-east-1', profile 'reports');
SELECT glue_get_connection('a', server => 'regress_glue');
ALTER SERVER regress_glue OPTIONS (endpoint_url 'https://127.0.0.1:1', use_fips_endpoint 'true');
SELECT glue_get_connection('a', server => 'regress_glue');
SET glue_conn.region = 'us-east-1';

-- options for superusers
CREATE ROLE regress_glue_owner;
GRANT USAGE ON FOREIGN DATA WRAPPER glue_conn TO regress_glue_owner;
GRANT EXECUTE ON FUNCTION glue_get_connection(text, text, name) TO regress_glue_owner;
SET ROLE regress_glue_owner;
SELECT glue_get_connection('a', server => 'regress_glue');
CREATE SERVER regress_glue_own FOREIGN DATA WRAPPER glue_conn OPTIONS (endpoint_url 'https://127.0.0.1:1');
CREATE SERVER regress_glue_own FOREIGN DATA WRAPPER glue_conn OPTIONS (profile 'reports');
CREATE SERVER regress_glue_own FOREIGN DATA WRAPPER glue_conn OPTIONS (ca_file '/tmp/ca.crt');
CREATE SERVER regress_glue_own FOREIGN DATA WRAPPER glue_conn OPTIONS (proxy 'http://127.0.0.1:1');
CREATE SERVER regress_glue_own FOREIGN DATA WRAPPER glue_conn OPTIONS (proxy '');
CREATE SERVER regress_glue_own FOREIGN DATA WRAPPER glue_conn OPTIONS (region 'us-east-1');
SELECT glue_get_connection('a', server => 'regress_glue_own');
CREATE USER MAPPING FOR CURRENT_USER SERVER regress_glue_own OPTIONS (role_arn 'arn:aws:iam::123456789012:role/reader');
CREATE USER MAPPING FOR CURRENT_USER SERVER regress_glue_own OPTIONS (external_id 'shop-1');
CREATE USER MAPPING FOR CURRENT_USER SERVER regress_glue_own OPTIONS
	(access_key_id 'AKIDEXAMPLE', secret_access_key 'secret', role_arn 'arn:aws:iam::123456789012:role/reader');
ALTER USER MAPPING FOR CURRENT_USER SERVER regress_glue_own OPTIONS (DROP access_key_id, DROP secret_access_key);
ALTER USER MAPPING FOR CURRENT_USER SERVER regress_glue_own OPTIONS (DROP role_arn);
ALTER SERVER regress_glue_own OPTIONS (endpoint_url 'https://127.0.0.1:1');
ALTER SERVER regress_glue_own OPTIONS (SET region 'us-west-2');

-- a superuser's option does not become the owner's
RESET ROLE;
ALTER SERVER regress_glue_own OPTIONS (endpoint_url 'https://127.0.0.1:1');
SET ROLE regress_glue_owner;
SELECT glue_get_connection('a', server => 'regress_glue_own');
ALTER SERVER regress_glue_own OPTIONS (SET region 'us-west-1');
ALTER SERVER regress_glue_own OPTIONS (SET endpoint_url 'https://127.0.0.1:2');
ALTER SERVER regress_glue_own OPTIONS (DROP endpoint_url);
ALTER USER MAPPING FOR CURRENT_USER SERVER regress_glue_own OPTIONS (SET session_token 'x');

-- the call finds options that bypassed the validator
RESET ROLE;
ALTER FOREIGN DATA WRAPPER glue_conn NO VALIDATOR;
ALTER SERVER regress_glue_own OPTIONS (regoin 'x');
ALTER USER MAPPING FOR regress_glue_owner SERVER regress_glue_own OPTIONS (DROP secret_access_key);
ALTER FOREIGN DATA WRAPPER glue_conn VALIDATOR glue_conn_validator;
SET ROLE regress_glue_owner;
SELECT glue_get_connection('a', server => 'regress_glue_own');
RESET ROLE;
ALTER SERVER regress_glue_own OPTIONS (DROP regoin);
SET ROLE regress_glue_owner;
SELECT glue_get_connection('a', server => 'regress_glue_own');

-- the keys are seen by nobody but their user and the owner of the server
SELECT umoptions FROM pg_user_mapping;
RESET ROLE;

DROP SERVER regress_glue_own CASCADE;
DROP SERVER regress_glue;
REVOKE EXECUTE ON FUNCTION glue_get_connection(text, text, name) FROM regress_glue_owner;
REVOKE USAGE ON FOREIGN DATA WRAPPER glue_conn FROM regress_glue_owner;
DROP ROLE regress_glue_owner;
RESET ALL;
