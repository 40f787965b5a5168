--
-- Privileges
--
LOAD 'glue_conn';

CREATE ROLE regress_glue_user;
SET ROLE regress_glue_user;

-- calls that reach AWS and the table are the administrator's to grant
SELECT glue_create_connection('{}');
SELECT glue_get_connection('a');
SELECT glue_test_connection('a');
SELECT glue_test_connection('{}'::jsonb);
SELECT glue_tag_connection('a', '{}');
SELECT glue_untag_connection('a', '{}');
SELECT glue_get_connection_tags('a');
SELECT glue_describe_connection_type('a');
SELECT glue_list_connection_types();
SELECT * FROM glue_connection;
SELECT * FROM glue_connection_summary;
SELECT * FROM glue_secret_key;
SELECT * FROM glue_rate_limit;
SELECT * FROM glue_rates();
SELECT * FROM glue_stat_calls;
SELECT * FROM glue_call_figures();
SELECT glue_stat_reset();
SELECT glue_update_connection('a', '{}');
SELECT glue_delete_connection('a');
SELECT * FROM glue_batch_delete_connection('{a}');
SELECT glue_get_connections();
SELECT glue_wait_connection('a');
SELECT * FROM glue_sync_connections();
SELECT * FROM glue_connection_drift();
SELECT glue_enqueue_create_connection('{}');
SELECT glue_enqueue_update_connection('a', '{}');
SELECT glue_enqueue_delete_connection('a');
SELECT glue_cancel_request(1);
SELECT glue_retry_request(1);
SELECT glue_wait_request(1);

-- calls that work on their arguments alone are everyone's
SELECT glue_is_valid_connection_input('{}');
SELECT rule FROM glue_validate_connection_input('{}');
SELECT glue_redact('{"PASSWORD": "x"}');

-- destinations of credentials and passwords are for superusers
SET glue_conn.endpoint_url = 'https://localhost';
SET glue_conn.ca_file = '/tmp/ca.crt';
SET glue_conn.proxy = 'http://localhost';
SET glue_conn.profile = 'admin';
SET glue_conn.config_file = '/tmp/config';
SET glue_conn.credentials_file = '/tmp/credentials';
\set VERBOSITY sqlstate
SHOW glue_conn.proxy;
SHOW glue_conn.config_file;
SHOW glue_conn.credentials_file;
\set VERBOSITY default

-- the rest is for everyone
SET glue_conn.region = 'eu-west-1';
SET glue_conn.request_timeout = '5s';
SET glue_conn.max_attempts = 1;

-- a role with EXECUTE gets as far as the credentials
RESET ROLE;
GRANT EXECUTE ON FUNCTION glue_get_connection(text, text, name) TO regress_glue_user;
SET glue_conn.config_file = '/dev/null';
SET glue_conn.credentials_file = '/dev/null';
SET ROLE regress_glue_user;
SELECT glue_get_connection('a');

RESET ROLE;
RESET ALL;
REVOKE EXECUTE ON FUNCTION glue_get_connection(text, text, name) FROM regress_glue_user;
DROP ROLE regress_glue_user;
