--
-- Hostile input: a clear error each, and nothing is sent
--
-- There is no endpoint here to send to, so that anything which got past
-- validation would end in another error.
--
\pset format unaligned
SET glue_conn.region = 'us-east-1';
SET glue_conn.config_file = '/dev/null';
SET glue_conn.credentials_file = '/dev/null';

SELECT glue_create_connection(v)
  FROM (VALUES (NULL::jsonb)) AS s(v);
SELECT glue_create_connection('null');
SELECT glue_create_connection('"orders"');
SELECT glue_create_connection('[]');
SELECT glue_create_connection('5');
SELECT glue_create_connection('{}');
SELECT glue_create_connection('{"ConnectionInput": {"Name": "orders"}}');

-- PostgreSQL itself refuses bytes that are no text
SELECT glue_create_connection('{"Name": "a\u0000b"}');
SELECT glue_create_connection('{"Name": "a\ud800b"}');

-- large
SELECT path, rule, message FROM glue_validate_connection_input(
  jsonb_build_object('Name', repeat('x', 1048576), 'ConnectionType', 'NETWORK',
                     'Description', repeat('y', 1048576)));
SELECT rule, left(path, 20) AS path, length(path) AS length, left(message, 40) AS message
  FROM glue_validate_connection_input(jsonb_build_object(repeat('k', 1048576), 1));
SELECT rule, count(*) FROM glue_validate_connection_input(
  (SELECT jsonb_object_agg('member' || n, n) FROM generate_series(1, 10000) n))
 GROUP BY rule ORDER BY rule COLLATE "C";
DO $$
BEGIN
  PERFORM glue_create_connection(
    (SELECT jsonb_object_agg('member' || n, n) FROM generate_series(1, 10000) n));
EXCEPTION WHEN invalid_parameter_value THEN
  RAISE NOTICE '%', SQLERRM;
END $$;

-- deep: beyond our limit, and beyond PostgreSQL's
SELECT * FROM glue_validate_connection_input(
  ('{"Name":' || repeat('[', 40) || repeat(']', 40) || '}')::jsonb);
SELECT glue_is_valid_connection_input((repeat('[', 1000) || repeat(']', 1000))::jsonb);
SELECT glue_redact((repeat('[', 1000) || repeat(']', 1000))::jsonb);
DO $$
BEGIN
  PERFORM glue_create_connection((repeat('[', 10000) || repeat(']', 10000))::jsonb);
EXCEPTION
  WHEN invalid_parameter_value OR statement_too_complex THEN
    RAISE NOTICE 'refused';
END $$;

-- every JSON type in the place of every member
SELECT m AS member, string_agg(DISTINCT v.rule, ' ' ORDER BY v.rule) AS rules,
       count(*) FILTER (WHERE v.rule = 'type') AS types
  FROM unnest('{Name,ConnectionType,Description,MatchCriteria,ConnectionProperties,SparkProperties,AthenaProperties,PythonProperties,PhysicalConnectionRequirements,AuthenticationConfiguration,ValidateCredentials,ValidateForComputeEnvironments}'::text[]) m,
       unnest(ARRAY['null', '"x"', '1', 'true', '[]', '{}']::jsonb[]) j,
       glue_validate_connection_input(
         '{"Name": "n", "ConnectionType": "SFTP", "ConnectionProperties": {}}'::jsonb || jsonb_build_object(m, j)) v
 GROUP BY m ORDER BY m COLLATE "C";

-- nothing of a secret in an error
SELECT glue_create_connection('{"Name": "n", "ConnectionType": "JDBC", "ConnectionProperties":
  {"PASSWORD": ["hunter2"], "JDBC_CONNECTION_URL": "jdbc:x://u:hunter2@h", "jdbc_connection_url": {"hunter2": 1}}}');
RESET ALL;
