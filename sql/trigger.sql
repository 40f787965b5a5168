--
-- Connections for rows: the requests of the trigger
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
      "SECRET_ID": "orders"}'::jsonb) || more
$$;

-- the requests since the last call
CREATE FUNCTION asked(OUT operation text, OUT name text, OUT description text,
                      OUT tags jsonb, OUT on_conflict text, OUT on_missing text)
  RETURNS SETOF record LANGUAGE sql AS $$
  WITH gone AS (DELETE FROM glue_request RETURNING *)
  SELECT operation, connection_name, input->>'Description', tags, on_conflict, on_missing
    FROM gone ORDER BY id
$$;

--
-- A table, and changes of its rows
--
CREATE TABLE source (id int PRIMARY KEY, connection_input jsonb, note text, tags jsonb);
CREATE TRIGGER provision AFTER INSERT OR UPDATE OR DELETE ON source
  FOR EACH ROW EXECUTE FUNCTION glue_provision_connection();

INSERT INTO source VALUES (1, input('a')), (2, input('b')), (3, NULL);
SELECT * FROM asked();
SELECT glue_enqueue_create_connection(input('a')) > 0 AS enqueued;
INSERT INTO source VALUES (4, input('a'));
SELECT count(*), count(DISTINCT (operation, region, catalog_id, server, input, tags,
       on_conflict, on_missing, has_secrets, state, requested_by)) FROM glue_request;
SELECT count(*) FROM asked();
DELETE FROM source WHERE id = 4;
SELECT count(*) FROM asked();

-- an update requests its changes
UPDATE source SET note = 'x';
UPDATE source SET tags = '{}' WHERE id = 3;
UPDATE source SET connection_input = input(chr(ascii('a') + id - 1)) WHERE id <= 2;
SELECT * FROM asked();
UPDATE source SET connection_input = input('a', '{"Description": "new"}') WHERE id = 1;
UPDATE source SET connection_input = input('c') WHERE id = 1;
UPDATE source SET connection_input = NULL WHERE id = 1;
UPDATE source SET connection_input = input('a') WHERE id = 1;
SELECT * FROM asked();

-- so does a deletion
DELETE FROM source WHERE id >= 2;
TRUNCATE source;
SELECT * FROM asked();

-- a row is part of its transaction
BEGIN;
INSERT INTO source VALUES (1, input('undone'));
SAVEPOINT s;
UPDATE source SET connection_input = input('undone too');
ROLLBACK TO s;
SELECT operation, connection_name FROM glue_request ORDER BY id;
ROLLBACK;
SELECT * FROM asked();

-- a row that could not be provisioned fails its statement, with the error of the function
SELECT glue_create_connection('{"Name": "x", "ConnectionTyp": "JDBC"}');
INSERT INTO source VALUES (5, input('good')), (6, '{"Name": "x", "ConnectionTyp": "JDBC"}');
INSERT INTO source VALUES (6, 'null');
INSERT INTO source VALUES (6, '[]');
INSERT INTO source VALUES (6, input('x', '{"ConnectionProperties":
  {"JDBC_CONNECTION_URL": "jdbc:mysql://h:1/d", "USERNAME": "u", "PASSWORD": "x"}}'));
INSERT INTO source VALUES (6, input('x'));
UPDATE source SET connection_input = '{"Name": "x"}';
SELECT * FROM asked();
SELECT id FROM source;
TRUNCATE source;

-- a row that was never good has no connection
ALTER TABLE source DISABLE TRIGGER provision;
INSERT INTO source VALUES (1, '{"Name": 5}'), (2, '"x"'), (3, '{}'), (4, '{"Name": ""}'),
  (5, '[{"Name": "x"}]'), (6, input('y', '{"ConnectionType": 3}'));
ALTER TABLE source ENABLE TRIGGER provision;
UPDATE source SET note = 'x';
UPDATE source SET connection_input = input('x' || id) WHERE id < 3;
DELETE FROM source WHERE id >= 3;
SELECT * FROM asked();
TRUNCATE source;

-- statements of all kinds
INSERT INTO source SELECT n, input('s' || n) FROM generate_series(1, 3) n;
INSERT INTO source VALUES (2, input('s2', '{"Description": "2"}')), (4, input('s4'))
  ON CONFLICT (id) DO UPDATE SET connection_input = excluded.connection_input;
INSERT INTO source VALUES (1, input('s1', '{"Description": "1"}')) ON CONFLICT DO NOTHING;
MERGE INTO source USING (VALUES (3, 'x'), (5, 'y')) v (id, d) ON source.id = v.id
  WHEN MATCHED THEN DELETE
  WHEN NOT MATCHED THEN INSERT VALUES (v.id, input('s' || v.id), v.d);
WITH moved AS (DELETE FROM source WHERE id = 1 RETURNING *)
  INSERT INTO source SELECT 10, connection_input FROM moved;
COPY source (id, connection_input) FROM STDIN;
20	{"Name": "s20", "ConnectionType": "NETWORK", "PhysicalConnectionRequirements": {"SubnetId": "subnet-1", "SecurityGroupIdList": ["sg-1"], "AvailabilityZone": "a"}}
21	\N
\.
SELECT operation, name, description, on_missing FROM asked();
COPY source (id, connection_input) FROM STDIN;
30	{"Name": "s30", "ConnectionType": "JDBC", "Nam": "x"}
\.
SELECT * FROM asked();
TRUNCATE source;

-- rows too long for their page
INSERT INTO source SELECT 1, input('long', jsonb_build_object('AthenaProperties',
  (SELECT jsonb_object_agg('k' || n, md5(n::text)) FROM generate_series(1, 200) n)));
SELECT pg_column_size(connection_input) > 2000 AS toasted FROM source;
UPDATE source SET note = 'y';
UPDATE source SET connection_input = connection_input || '{"Description": "d"}';
DELETE FROM source;
SELECT operation, name, description FROM asked();

--
-- Arguments
--
CREATE SERVER regress_glue_shop FOREIGN DATA WRAPPER glue_conn
  OPTIONS (region 'us-west-2', catalog_id '222222222222');
CREATE DOMAIN definition AS jsonb;
CREATE TABLE other (id int, dropped int, labels jsonb, def definition, text text, json json);
ALTER TABLE other DROP dropped;
CREATE FUNCTION attach(VARIADIC arguments text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DROP TRIGGER IF EXISTS provision ON other;
  EXECUTE 'CREATE TRIGGER provision AFTER INSERT OR UPDATE OR DELETE ON other FOR EACH ROW '
    'EXECUTE FUNCTION glue_provision_connection('
    || (SELECT string_agg(quote_literal(a), ', ') FROM unnest(arguments) a) || ')';
END $$;
SELECT attach('input=def', 'tags=labels', 'server=regress_glue_shop',
              'on_conflict=adopt', 'on_delete=delete', 'catalog_id=333333333333');
INSERT INTO other (def, labels) VALUES (input('o'), '{"team": "shop"}');
UPDATE other SET labels = '{"team": "web"}';
UPDATE other SET labels = NULL;
UPDATE other SET def = input('p');
DELETE FROM other;
SELECT operation, connection_name, server, region, catalog_id, tags, on_conflict, on_missing
  FROM glue_request ORDER BY id;
SELECT count(*) FROM asked();
INSERT INTO other (def, labels) VALUES (input('o'), '{"aws:x": 3}');

SELECT attach('input=def', 'on_delete=keep', 'on_conflict=update');
INSERT INTO other (def) VALUES (input('o'));
UPDATE other SET def = input('p');
UPDATE other SET def = NULL;
DELETE FROM other;
SELECT operation, name, on_conflict FROM asked();

SELECT attach('input');
INSERT INTO other VALUES (1);
SELECT attach('=x');
INSERT INTO other VALUES (1);
SELECT attach('input=');
INSERT INTO other VALUES (1);
SELECT attach('inputs=def');
INSERT INTO other VALUES (1);
SELECT attach('Input=def');
INSERT INTO other VALUES (1);
SELECT attach('input=def', 'on_delete=keep', 'input=labels');
INSERT INTO other VALUES (1);
SELECT attach('input=def', 'on_delete=forget');
INSERT INTO other VALUES (1);
SELECT attach('input=def', 'on_conflict=replace');
INSERT INTO other VALUES (1);
SELECT attach('tags=labels');
INSERT INTO other VALUES (1);
SELECT attach('input=dropped');
INSERT INTO other VALUES (1);
SELECT attach('input=ctid');
INSERT INTO other VALUES (1);
SELECT attach('input=text');
INSERT INTO other VALUES (1);
SELECT attach('input=json');
INSERT INTO other VALUES (1);
SELECT attach('input=def', 'tags=id');
INSERT INTO other VALUES (1);
SELECT attach('input=def', 'server=nowhere');
INSERT INTO other (def) VALUES (input('o'));
SELECT attach('input=def', 'catalog_id=' || repeat('9', 256));
INSERT INTO other (def) VALUES (input('o'));
SELECT * FROM asked();

-- a trigger that fires otherwise
DROP TRIGGER provision ON other;
CREATE TRIGGER provision BEFORE INSERT ON other
  FOR EACH ROW EXECUTE FUNCTION glue_provision_connection('input=def');
INSERT INTO other VALUES (1);
DROP TRIGGER provision ON other;
CREATE TRIGGER provision AFTER TRUNCATE ON other
  FOR EACH STATEMENT EXECUTE FUNCTION glue_provision_connection('input=def');
TRUNCATE other;
DROP TRIGGER provision ON other;
SELECT glue_provision_connection();

-- one that is deferred, and one with a condition
CREATE CONSTRAINT TRIGGER provision AFTER INSERT OR UPDATE OR DELETE ON other
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  EXECUTE FUNCTION glue_provision_connection('input=def');
BEGIN;
INSERT INTO other (def) VALUES (input('later'));
SELECT count(*) FROM glue_request;
COMMIT;
SELECT operation, name FROM asked();
DROP TRIGGER provision ON other;
CREATE TRIGGER provision AFTER INSERT ON other FOR EACH ROW WHEN (NEW.id > 5)
  EXECUTE FUNCTION glue_provision_connection('input=def');
INSERT INTO other (id, def) VALUES (5, input('five')), (6, input('six'));
SELECT operation, name FROM asked();

-- a generated column
CREATE TABLE db (name text PRIMARY KEY, host text NOT NULL,
  connection_input jsonb GENERATED ALWAYS AS (glue_jdbc_connection_input(name,
    'jdbc:postgresql://' || host || ':5432/' || name,
    'arn:aws:secretsmanager:eu-central-1:111111111111:secret:' || name)) STORED);
CREATE TRIGGER provision AFTER INSERT OR UPDATE OR DELETE ON db
  FOR EACH ROW EXECUTE FUNCTION glue_provision_connection();
INSERT INTO db VALUES ('shop', 'a.example');
UPDATE db SET host = 'b.example';
UPDATE db SET host = 'b.example';
SELECT operation, connection_name,
       input->'ConnectionProperties'->>'JDBC_CONNECTION_URL' AS url FROM glue_request ORDER BY id;
SELECT count(*) FROM asked();

-- foreign keys
CREATE TABLE child (db text REFERENCES db ON UPDATE CASCADE ON DELETE CASCADE,
  connection_input jsonb GENERATED ALWAYS AS (input('child of ' || db)) STORED);
CREATE TRIGGER provision AFTER INSERT OR UPDATE OR DELETE ON child
  FOR EACH ROW EXECUTE FUNCTION glue_provision_connection();
INSERT INTO child VALUES ('shop');
SELECT count(*) FROM asked();
UPDATE db SET name = 'store';
DELETE FROM db;
SELECT operation, name FROM asked() ORDER BY 2, 1;
DROP TABLE child, db;

--
-- Partitions
--
CREATE TABLE part (id int, archived boolean DEFAULT false, connection_input jsonb, tags jsonb)
  PARTITION BY LIST (archived);
CREATE TABLE part_now PARTITION OF part FOR VALUES IN (false);
-- with its columns in another order
CREATE TABLE part_old (tags jsonb, gone int, connection_input jsonb, archived boolean, id int);
ALTER TABLE part_old DROP gone;
ALTER TABLE part ATTACH PARTITION part_old FOR VALUES IN (true);
CREATE TRIGGER provision AFTER INSERT OR UPDATE OR DELETE ON part
  FOR EACH ROW EXECUTE FUNCTION glue_provision_connection('tags=tags');
INSERT INTO part SELECT n, n % 2 = 0, input('p' || n) FROM generate_series(1, 4) n;
SELECT operation, name FROM asked();
-- rows that move are rows that are updated
UPDATE part SET archived = NOT archived;
SELECT * FROM asked();
UPDATE part SET archived = NOT archived,
  connection_input = connection_input || '{"Description": "moved"}' WHERE id <= 2;
SELECT * FROM asked();
UPDATE part SET archived = NOT archived, tags = '{"a": "b"}' WHERE id = 3;
SELECT * FROM asked();
UPDATE part SET archived = NOT archived, connection_input = input('q' || id) WHERE id = 3;
SELECT * FROM asked();
UPDATE part SET archived = NOT archived, connection_input = NULL WHERE id = 3;
SELECT * FROM asked();
UPDATE part SET archived = NOT archived, connection_input = input('r3') WHERE id = 3;
SELECT * FROM asked();
-- changes that only look like a move
BEGIN;
DELETE FROM part_now WHERE id = 4;
INSERT INTO part_old (id, archived, connection_input) VALUES (4, true, input('p4'));
COMMIT;
DELETE FROM part_old WHERE id = 4;
INSERT INTO part_now (id, connection_input) VALUES (4, input('p4'));
SELECT operation, name FROM asked();
BEGIN;
SAVEPOINT s;
UPDATE part SET archived = NOT archived;
ROLLBACK TO s;
INSERT INTO part VALUES (5, false, input('p5'));
UPDATE part SET archived = NOT archived WHERE id = 5;
COMMIT;
SELECT operation, name FROM asked();
-- many at once, with rows that have moved before
INSERT INTO part SELECT n, false, input('m' || n) FROM generate_series(101, 200) n;
SELECT count(*) FROM asked();
UPDATE part SET archived = true WHERE id > 100;
UPDATE part SET archived = false,
  connection_input = connection_input || '{"Description": "back"}' WHERE id > 100;
SELECT operation, description, count(*) FROM asked() GROUP BY 1, 2;
-- to where there is no trigger
DROP TRIGGER provision ON part;
CREATE TRIGGER provision AFTER INSERT OR UPDATE OR DELETE ON part_now
  FOR EACH ROW EXECUTE FUNCTION glue_provision_connection();
INSERT INTO part VALUES (300, false, input('m300'));
UPDATE part SET archived = true WHERE id = 300;
UPDATE part SET archived = false WHERE id = 300;
SELECT operation, name FROM asked();
-- and connections that are kept
DROP TRIGGER provision ON part_now;
CREATE TRIGGER provision AFTER INSERT OR UPDATE OR DELETE ON part
  FOR EACH ROW EXECUTE FUNCTION glue_provision_connection('on_delete=keep');
UPDATE part SET archived = true WHERE id = 101;
UPDATE part SET archived = false, connection_input = input('m101') WHERE id = 101;
SELECT operation, name FROM asked();
DROP TABLE part;

--
-- Names: a row holds one, and no other row can have it
--
CREATE TABLE names (id int PRIMARY KEY, connection_input jsonb);
CREATE TABLE others (LIKE names);
CREATE TRIGGER provision AFTER INSERT OR UPDATE OR DELETE ON names
  FOR EACH ROW EXECUTE FUNCTION glue_provision_connection();
CREATE TRIGGER provision AFTER INSERT OR UPDATE OR DELETE ON others
  FOR EACH ROW EXECUTE FUNCTION glue_provision_connection();
CREATE FUNCTION held(OUT relation regclass, OUT target text, OUT name text, OUT owned boolean,
                     OUT request_state text) RETURNS SETOF record LANGUAGE sql AS $$
  SELECT relation, target, name, owned, request_state FROM glue_provision_summary
    WHERE relation::text IN ('names', 'others') ORDER BY relation::text, name
$$;
INSERT INTO names VALUES (1, input('n1')), (2, input('n2'));
SELECT * FROM held();
INSERT INTO names VALUES (3, input('n1'));
INSERT INTO others VALUES (1, input('n2'));
UPDATE names SET connection_input = input('n2') WHERE id = 1;
BEGIN;
INSERT INTO others VALUES (1, input('n3'));
INSERT INTO names VALUES (3, input('n3'));
ROLLBACK;
SELECT operation, name FROM asked();

-- another target is another connection
CREATE TABLE elsewhere (connection_input jsonb);
CREATE TRIGGER provision AFTER INSERT OR UPDATE OR DELETE ON elsewhere
  FOR EACH ROW EXECUTE FUNCTION glue_provision_connection('catalog_id=999999999999');
INSERT INTO elsewhere VALUES (input('n1'));
SET glue_conn.region = 'us-east-2';
INSERT INTO others VALUES (9, input('n1'));
DELETE FROM others;
SET glue_conn.region = 'eu-central-1';
SELECT target, name FROM glue_provision_summary WHERE name = 'n1' ORDER BY target;
DROP TABLE elsewhere;

-- names are not swapped in one statement, nor passed on in the wrong order
SELECT count(*) FROM asked();
UPDATE names SET connection_input = input('n' || 3 - id);
UPDATE names SET connection_input = input('n' || id + 1);
SELECT count(*) FROM asked();
UPDATE names SET connection_input = input('n0') WHERE id = 1;
UPDATE names SET connection_input = input('n1') WHERE id = 2;
UPDATE names SET connection_input = input('n2') WHERE id = 1;
SELECT operation, name FROM asked();

-- but given up and taken
BEGIN;
DELETE FROM names WHERE id = 1;
INSERT INTO names VALUES (4, input('n2'));
COMMIT;
WITH gone AS (DELETE FROM names WHERE id = 4 RETURNING *)
  INSERT INTO names SELECT 5, connection_input FROM gone;
UPDATE names SET connection_input = NULL WHERE id = 5;
INSERT INTO others VALUES (1, input('n2'));
SELECT operation, name FROM asked();
SELECT * FROM held();

-- TRUNCATE
TRUNCATE names;
INSERT INTO names VALUES (2, input('n1'));
SELECT glue_release_connection('names', 'n1'), glue_release_connection('names', 'n1');
INSERT INTO names VALUES (2, input('n1'));
CREATE TRIGGER provision_truncate AFTER TRUNCATE ON names
  FOR EACH STATEMENT EXECUTE FUNCTION glue_provision_connection();
INSERT INTO names VALUES (3, input('n4'));
SELECT count(*) FROM asked();
TRUNCATE names;
SELECT operation, name, on_missing FROM asked();
INSERT INTO names VALUES (2, input('n1')), (3, input('n4'));
SELECT operation, name FROM asked();
SELECT * FROM held();

-- rows that were there before have nothing
ALTER TABLE names DISABLE TRIGGER provision;
INSERT INTO names VALUES (6, input('n6')), (7, input('n7')), (8, input('n1'));
ALTER TABLE names ENABLE TRIGGER provision;
DELETE FROM names WHERE id = 6;
SELECT operation, name FROM asked();
UPDATE names SET connection_input = connection_input || '{"Description": "7"}' WHERE id = 7;
SELECT operation, name, on_missing FROM asked();
ALTER TABLE names DISABLE TRIGGER provision;
DELETE FROM names WHERE id = 3;
ALTER TABLE names ENABLE TRIGGER provision;
INSERT INTO names VALUES (9, input('n4'));
SELECT glue_release_connection('names', 'n4');
INSERT INTO names VALUES (9, input('n4'));
SELECT operation, name FROM asked();

-- a table that is gone holds nothing, and says so as soon as somebody wants the name
DROP TABLE names;
SELECT * FROM held() WHERE relation::text <> 'others';
INSERT INTO others VALUES (3, input('n4')), (4, input('n7'));
SELECT operation, name FROM asked();

-- the owner of the table sees its names
CREATE ROLE regress_glue_stranger;
SET ROLE regress_glue_stranger;
SELECT count(*) FROM glue_provision_summary;
SELECT count(*) FROM glue_provision;
SELECT glue_release_connection('others', 'n4');
SELECT glue_release_connection(0, 'n4');
SELECT glue_adopt_rows('others');
RESET ROLE;
DROP ROLE regress_glue_stranger;
SELECT glue_release_connection('others', '');
SELECT glue_release_connection(NULL, 'n4');
CREATE TABLE plain (connection_input jsonb);
SELECT * FROM glue_adopt_rows('plain');
DROP TABLE plain;
DROP FUNCTION held();
DROP TABLE others;

--
-- Privileges
--
CREATE ROLE regress_glue_owner;
CREATE ROLE regress_glue_clerk;
CREATE TABLE theirs (connection_input jsonb);
ALTER TABLE theirs OWNER TO regress_glue_owner;
GRANT INSERT ON theirs TO regress_glue_clerk;
SET ROLE regress_glue_owner;
CREATE TRIGGER provision AFTER INSERT OR UPDATE OR DELETE ON theirs
  FOR EACH ROW EXECUTE FUNCTION glue_provision_connection();
RESET ROLE;
GRANT EXECUTE ON FUNCTION glue_provision_connection() TO regress_glue_owner;
SET ROLE regress_glue_owner;
CREATE TRIGGER provision AFTER INSERT OR UPDATE OR DELETE ON theirs
  FOR EACH ROW EXECUTE FUNCTION glue_provision_connection('server=regress_glue_shop');
-- the role that changes a row acts
SET ROLE regress_glue_clerk;
INSERT INTO theirs VALUES (input('t'));
RESET ROLE;
GRANT USAGE ON FOREIGN SERVER regress_glue_shop TO regress_glue_clerk;
SET ROLE regress_glue_clerk;
INSERT INTO theirs VALUES (input('t'));
SELECT operation, connection_name, server, requested_by FROM glue_request;
RESET ROLE;
CREATE TEMP TABLE scratch (connection_input jsonb);
CREATE TRIGGER provision AFTER INSERT ON scratch
  FOR EACH ROW EXECUTE FUNCTION glue_provision_connection();
BEGIN READ ONLY;
INSERT INTO scratch VALUES (input('x'));
ROLLBACK;

-- the caller's search_path does not matter
CREATE SCHEMA regress_glue_trap;
CREATE TABLE regress_glue_trap.glue_request (id bigint);
SET search_path = regress_glue_trap, public;
INSERT INTO scratch VALUES (input('scratch'));
RESET search_path;
SELECT count(*) FROM regress_glue_trap.glue_request;

DROP TABLE scratch;
TRUNCATE glue_request RESTART IDENTITY;
DROP SCHEMA regress_glue_trap CASCADE;
DROP TABLE source, other, theirs;
DROP FUNCTION asked();
DROP FUNCTION attach(text[]);
DROP FUNCTION input(text, jsonb);
DROP DOMAIN definition;
DROP SERVER regress_glue_shop;
REVOKE ALL ON FUNCTION glue_provision_connection() FROM regress_glue_owner;
DROP ROLE regress_glue_owner, regress_glue_clerk;
