--
-- Requests that are carried out after commit: the queue, seen from SQL
--
-- No process carries out requests here, so that they stay as they are.
--
LOAD 'glue_conn';
SET glue_conn.region = 'eu-central-1';
SET glue_conn.config_file = '/dev/null';
SET glue_conn.credentials_file = '/dev/null';

CREATE FUNCTION input(name text, more jsonb DEFAULT '{}') RETURNS jsonb
  LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('Name', name, 'ConnectionType', 'JDBC',
    'ConnectionProperties', '{"JDBC_CONNECTION_URL": "jdbc:postgresql://db.example:5432/x",
      "SECRET_ID": "orders", "JDBC_ENFORCE_SSL": true}'::jsonb) || more
$$;

-- a request is checked, normalized, and kept with its target;
-- it takes no credentials
SELECT glue_enqueue_create_connection(input('orders'), '{"team": "shop"}',
                                      '111111111111', on_conflict => 'adopt');
SELECT glue_enqueue_update_connection('orders', input('orders') - 'Name');
SELECT glue_enqueue_delete_connection('orders');
SELECT glue_enqueue_delete_connection('orders', missing_ok => true);
SELECT id, operation, connection_name AS name, server, region, catalog_id,
       tags, on_conflict, on_missing, has_secrets, state, attempts
  FROM glue_request ORDER BY id;
SELECT id, input FROM glue_request ORDER BY id;
SELECT count(*) FROM glue_request
 WHERE requested_by = current_role::regrole AND requested_at = next_attempt_at
   AND requested_at <= clock_timestamp() AND finished_at IS NULL;

-- a foreign server determines the target
CREATE SERVER regress_glue_shop FOREIGN DATA WRAPPER glue_conn
  OPTIONS (region 'us-west-2', catalog_id '222222222222');
SELECT glue_enqueue_create_connection(input('orders'), server => 'regress_glue_shop');
SELECT glue_enqueue_update_connection('orders', input('orders'), '333333333333', 'regress_glue_shop');
SELECT operation, server, region, catalog_id FROM glue_request
 WHERE server IS NOT NULL ORDER BY id;

-- a request refuses the inputs of an immediate call, with the same messages
SELECT glue_create_connection('{"Name": "x", "ConnectionTyp": "JDBC"}', '{"aws:x": "y"}', 'a b');
SELECT glue_enqueue_create_connection('{"Name": "x", "ConnectionTyp": "JDBC"}', '{"aws:x": "y"}', 'a b');
SELECT glue_enqueue_create_connection(NULL);
SELECT glue_enqueue_create_connection(input('x'), on_conflict => 'replace');
SELECT glue_update_connection('x', input('y'));
SELECT glue_enqueue_update_connection('x', input('y'));
SELECT glue_enqueue_update_connection(NULL, NULL);
SELECT glue_enqueue_delete_connection('');
SELECT glue_enqueue_delete_connection('x', server => 'nowhere');
BEGIN READ ONLY;
SELECT glue_enqueue_create_connection(input('x'));
ROLLBACK;
BEGIN READ ONLY;
SELECT glue_enqueue_update_connection('x', input('x'));
ROLLBACK;
BEGIN READ ONLY;
SELECT glue_enqueue_delete_connection('x');
ROLLBACK;

-- secrets are not kept unless they can be sealed, and never shown
SELECT glue_enqueue_create_connection(input('x', '{"ConnectionProperties":
  {"JDBC_CONNECTION_URL": "jdbc:mysql://h:1/d", "USERNAME": "u", "PASSWORD": "x"}}'));

-- constraints and triggers of an administrator are honoured, and so is the key
\set VERBOSITY terse
ALTER TABLE glue_request ADD CONSTRAINT regress_glue_check CHECK (connection_name <> 'no');
SELECT glue_enqueue_delete_connection('no');
ALTER TABLE glue_request DROP CONSTRAINT regress_glue_check;
SELECT glue_enqueue_delete_connection('no') > 0 AS enqueued;
CREATE FUNCTION regress_glue_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE NOTICE '% for % by %', NEW.operation, NEW.connection_name,
    CASE WHEN current_user = session_user THEN 'its owner' END;
  RETURN NEW;
END $$;
CREATE TRIGGER regress_glue_notice BEFORE INSERT ON glue_request
  FOR EACH ROW EXECUTE FUNCTION regress_glue_notice();
SELECT glue_enqueue_delete_connection('yes') > 0 AS enqueued;
DROP TRIGGER regress_glue_notice ON glue_request;
DROP FUNCTION regress_glue_notice();
SELECT glue_enqueue_delete_connection('yes') > 0 AS enqueued;
ALTER TABLE glue_request ALTER id RESTART WITH 1;
SELECT glue_enqueue_delete_connection('yes');
\set VERBOSITY default
SELECT state, count(*) FROM glue_request GROUP BY 1;

-- a request is part of its transaction
TRUNCATE glue_request RESTART IDENTITY;
BEGIN;
SELECT glue_enqueue_create_connection(input('undone')) > 0 AS enqueued;
SAVEPOINT s;
SELECT glue_enqueue_create_connection(input('undone')) > 0 AS enqueued;
ROLLBACK TO s;
SELECT count(*) FROM glue_request WHERE connection_name = 'undone';
ROLLBACK;
SELECT count(*) FROM glue_request WHERE connection_name = 'undone';

--
-- Cancel, retry, wait
--
TRUNCATE glue_request RESTART IDENTITY;
SELECT glue_enqueue_create_connection(input('a'));
SELECT glue_cancel_request(1);
SELECT glue_cancel_request(1);
SELECT state, finished_at >= requested_at AS finished FROM glue_request;
SELECT glue_wait_request(1);
SELECT glue_retry_request(1);
SELECT glue_retry_request(1);
SELECT state, finished_at FROM glue_request;

-- as a worker leaves it
UPDATE glue_request SET state = 'running', attempts = 3,
  started_at = now(), lease_until = now(), claimed_by = 1;
SELECT glue_cancel_request(1), glue_retry_request(1);
SELECT glue_wait_request(1, '0');
SELECT glue_wait_request(1, '20 ms');
UPDATE glue_request SET state = 'failed', claimed_by = NULL, finished_at = now(), status = 'FAILED',
  error_code = 'AccessDeniedException', error_message = 'no', aws_request_id = 'x';
SELECT glue_wait_request(1), glue_cancel_request(1);
SELECT glue_retry_request(1);
SELECT state, attempts, next_attempt_at > requested_at AS later, lease_until, claimed_by,
       started_at, finished_at, status, error_code, error_message, aws_request_id
  FROM glue_request;
UPDATE glue_request SET state = 'succeeded', finished_at = now();
SELECT glue_retry_request(1), glue_cancel_request(1), glue_wait_request(1);

-- secrets that were erased cannot be sent again
UPDATE glue_request SET state = 'queued', finished_at = NULL,
  has_secrets = true;
INSERT INTO glue_request_secret VALUES (1, 'sealed');
SELECT glue_cancel_request(1);
SELECT has_secrets, (SELECT count(*) FROM glue_request_secret) FROM glue_request;
SELECT glue_retry_request(1);

-- waiting is of no use where nothing new is seen
BEGIN;
SELECT glue_enqueue_delete_connection('b');
SELECT glue_wait_request(2);
ROLLBACK;
BEGIN;
SAVEPOINT s;
SELECT glue_enqueue_delete_connection('b');
RELEASE s;
SELECT glue_wait_request(3);
ROLLBACK;
SELECT glue_enqueue_delete_connection('b');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT glue_wait_request(1);
SELECT glue_wait_request(4);
ROLLBACK;
BEGIN READ ONLY;
SELECT glue_wait_request(1);
ROLLBACK;
BEGIN READ ONLY;
SELECT glue_cancel_request(4);
ROLLBACK;
BEGIN READ ONLY;
SELECT glue_retry_request(4);
ROLLBACK;

SELECT glue_wait_request(4, '-1 s');
SELECT glue_wait_request(4, NULL);
SELECT glue_wait_request(NULL), glue_cancel_request(NULL), glue_retry_request(NULL);
SELECT glue_wait_request(99);
SELECT glue_cancel_request(99);
SELECT glue_retry_request(99);
SELECT glue_wait_request(4);
UPDATE glue_request SET state = 'running' WHERE id = 4;
SET statement_timeout = '500 ms';
SELECT glue_wait_request(4);
RESET statement_timeout;
UPDATE glue_request SET state = 'queued' WHERE id = 4;

--
-- Privileges
--
CREATE ROLE regress_glue_etl;
CREATE ROLE regress_glue_other;
GRANT EXECUTE ON FUNCTION
  glue_enqueue_create_connection(jsonb, jsonb, text, name, text),
  glue_enqueue_delete_connection(text, text, name, boolean),
  glue_cancel_request(bigint), glue_retry_request(bigint),
  glue_wait_request(bigint, interval) TO regress_glue_etl, regress_glue_other;
TRUNCATE glue_request RESTART IDENTITY;
SELECT glue_enqueue_create_connection(input('ours'));

SET ROLE regress_glue_etl;
SELECT glue_enqueue_update_connection('x', input('x'));
SELECT glue_enqueue_create_connection(input('theirs'));
SELECT glue_enqueue_create_connection(input('x'), server => 'regress_glue_shop');
SELECT id, connection_name, requested_by, state FROM glue_request;
SELECT sealed FROM glue_request_secret;
SELECT r.id FROM (SELECT * FROM glue_request) AS r;
INSERT INTO glue_request (operation) VALUES ('CreateConnection');
UPDATE glue_request SET state = 'queued';
DELETE FROM glue_request;
SELECT glue_cancel_request(1);
SELECT glue_cancel_request(2), glue_retry_request(2);

-- requests belong to roles, and so to their members
SET ROLE regress_glue_other;
SELECT count(*) FROM glue_request;
SELECT glue_cancel_request(2);
RESET ROLE;
GRANT regress_glue_etl TO regress_glue_other;
SET ROLE regress_glue_other;
SELECT id, connection_name, requested_by, state FROM glue_request;
SELECT glue_cancel_request(2);
RESET ROLE;
SELECT id, connection_name, state FROM glue_request ORDER BY id;


-- how the queue is doing
SET timezone = 'UTC';
INSERT INTO glue_request (operation, connection_name, server, region, catalog_id, state,
    next_attempt_at, requested_by, requested_at, finished_at, status, error_code, error_message,
    failed_at)
  SELECT 'CreateConnection', 'x', s, 'r', c, state, t + '5 s', u::regrole, t,
         CASE WHEN state NOT IN ('queued', 'running') THEN t + '9 s' END, status, code, message,
         CASE WHEN code IS NOT NULL THEN t + '8 s' END
    FROM (VALUES
      (NULL, NULL, 'queued', '2026-01-01 00:00:03', 'regress_glue_etl', NULL, NULL, NULL),
      (NULL, NULL, 'queued', '2026-01-01 00:00:02', 'regress_glue_etl', NULL, 'E', 'put off'),
      (NULL, NULL, 'queued', '2026-01-01 00:00:04', 'regress_glue_etl', 'IN_PROGRESS', NULL, NULL),
      (NULL, NULL, 'running', '2026-01-01 00:00:01', 'regress_glue_etl', NULL, NULL, NULL),
      (NULL, NULL, 'failed', '2026-01-01 00:00:00', 'regress_glue_etl', NULL, 'E', 'failed'),
      ('shop', '222222222222', 'succeeded', '2026-01-01', 'regress_glue_etl', 'READY', NULL, NULL),
      ('shop', '222222222222', 'cancelled', '2026-01-01', 'regress_glue_etl', NULL, NULL, NULL),
      ('shop', NULL, 'failed', '2026-01-01', current_user, NULL, 'E', repeat('long ', 20))
    ) AS v (s, c, state, at, u, status, code, message),
    LATERAL (SELECT at::timestamptz) AS a (t);
\x on
SELECT * FROM glue_request_summary WHERE target ~ '(^|/)r(/|$)';
SET ROLE regress_glue_etl;
SELECT target, queued, failed FROM glue_request_summary WHERE target ~ '(^|/)r(/|$)';
RESET ROLE;
\x off
RESET timezone;

-- a monitor sees the figures of all, and none of the requests
CREATE ROLE regress_glue_monitor IN ROLE pg_monitor;
SET ROLE regress_glue_monitor;
SELECT target, queued, failed, last_error IS NOT NULL AS error FROM glue_request_summary
  WHERE target ~ '(^|/)r(/|$)';
SELECT count(*) FROM glue_request;
RESET ROLE;
DROP ROLE regress_glue_monitor;
UPDATE glue_request SET finished_at = now() - interval '59 min' WHERE region = 'r' AND state = 'failed';
SELECT target, failed, failed_last_hour, succeeded_last_hour FROM glue_request_summary
  WHERE target ~ '(^|/)r(/|$)';
DELETE FROM glue_request WHERE region = 'r';

-- a database that never had a request has a row
CREATE SERVER unused FOREIGN DATA WRAPPER glue_conn
  OPTIONS (region 'eu-north-1', catalog_id '333333333333');
BEGIN;
DELETE FROM glue_request;
SELECT target, queued, failed, last_error FROM glue_request_summary WHERE target ~ '^(unused|[^/]*$)';
ROLLBACK;
DROP SERVER unused;

-- functions found through a search_path of the caller's do not matter
CREATE SCHEMA regress_glue_trap;
CREATE FUNCTION regress_glue_trap.never(bigint, bigint) RETURNS boolean
  LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped'; END $$;
CREATE OPERATOR regress_glue_trap.= (FUNCTION = regress_glue_trap.never,
  LEFTARG = bigint, RIGHTARG = bigint);
SET search_path = regress_glue_trap, pg_catalog, public;
\c
SET search_path = regress_glue_trap, pg_catalog, public;
SELECT glue_cancel_request(1), glue_retry_request(1);
RESET search_path;

-- a role that is gone leaves its requests behind
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM regress_glue_etl, regress_glue_other;
DROP ROLE regress_glue_etl, regress_glue_other;
SELECT id, state FROM glue_request ORDER BY id;
SELECT glue_retry_request(2);

-- no request is dumped, nor is the sequence
SELECT 'glue_request'::regclass = ANY (extconfig) AS dumped
  FROM pg_extension WHERE extname = 'glue_conn';

-- columns that change while a request is open are in no index, and a page has room for
-- a new version of each of its rows, so that all of these updates are HOT
CREATE FUNCTION hot_updates() RETURNS bigint LANGUAGE sql AS $$
  SELECT pg_stat_get_xact_tuples_hot_updated('glue_request'::regclass)
$$;
TRUNCATE glue_request RESTART IDENTITY;
SET glue_conn.region = 'eu-central-1';
SELECT count(glue_enqueue_create_connection(
    input('c' || n, jsonb_build_object('Description', repeat('d', 200)))))
  FROM generate_series(1, 1000) n;
BEGIN;
SELECT hot_updates() AS before \gset
UPDATE glue_request SET state = 'running', attempts = attempts + 1,
  started_at = now(), lease_until = now(), claimed_by = 1, next_attempt_at = now();
SELECT hot_updates() - :before AS hot;
COMMIT;

DROP FUNCTION hot_updates();
DROP FUNCTION input(text, jsonb);
DROP SCHEMA regress_glue_trap CASCADE;
DROP SERVER regress_glue_shop;
TRUNCATE glue_request RESTART IDENTITY;
