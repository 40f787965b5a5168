--
-- Functions that build a ConnectionInput
--
-- The unit tests have every form of a URL; this is the view of a user.
--
\pset format unaligned

-- a JDBC URL, with as much and as little as can be said
SELECT jsonb_pretty(glue_jdbc_connection_input('orders',
  'jdbc:postgresql://db.example.com:5432/orders?ssl=true',
  'orders-reader', 'subnet-0a1b2c3d', '{sg-0a1b2c3d,sg-4e5f6071}', 'us-east-1a',
  true, 'orders of the shop', '{orders,shop}'));
SELECT glue_jdbc_connection_input('orders', 'jdbc:snowflake://a.snowflakecomputing.com/?db=d');
SELECT glue_jdbc_connection_input('orders', 'jdbc:oracle:thin://@db.example.com:1521/ORCL',
  jdbc_enforce_ssl => false, security_group_id_list => '{}', match_criteria => '{}');

-- the second generation
SELECT jsonb_pretty(glue_jdbc_connection_input('orders',
  'jdbc:postgresql://db.example.com/a%20b%2Fc',
  'arn:aws:secretsmanager:us-east-1:123456789012:secret:orders-reader-AbCdEf',
  connection_type => 'POSTGRESQL', role_arn => 'arn:aws:iam::123456789012:role/glue',
  jdbc_enforce_ssl => true, availability_zone => 'us-east-1a'));
SELECT type, input->'ConnectionProperties' AS properties, glue_is_valid_connection_input(input) AS valid
  FROM (VALUES ('MYSQL', 'jdbc:mysql://db.example.com/shop'),
               ('ORACLE', 'jdbc:oracle:thin:@//db.example.com:1522/ORCL'),
               ('POSTGRESQL', 'jdbc:postgresql://[2001:db8::5]:6432/shop'),
               ('SQLSERVER', 'jdbc:sqlserver://db.example.com;databaseName={a;b}')) AS v (type, url),
       glue_jdbc_connection_input('a', url, 'arn:aws:secretsmanager:us-east-1:123456789012:secret:s',
                                  connection_type => type) AS input;

-- all faults at once
SELECT glue_jdbc_connection_input(NULL, NULL, connection_type => NULL);
SELECT glue_jdbc_connection_input('', '', '', '', ARRAY['', NULL], '', NULL, '', ARRAY[NULL, ''], '', '');
SELECT glue_jdbc_connection_input(E'a\nb', 'jdbc:mysql', role_arn => 'arn:aws:iam::123456789012:role/glue',
  security_group_id_list => '{{a,b},{c,d}}', match_criteria => array_fill('x'::text, ARRAY[11]));
SELECT glue_jdbc_connection_input('a', 'https://example.com');
SELECT glue_jdbc_connection_input('a', 'jdbc:mysql://db/shop', 'orders-reader', connection_type => 'MYSQL');
SELECT glue_jdbc_connection_input('a', 'jdbc:mysql://db/shop', connection_type => 'MYSQL');
SELECT glue_jdbc_connection_input('a', 'jdbc:mysql://db/shop', connection_type => 'mysql');
SELECT glue_jdbc_connection_input('a', 'jdbc:mysql://db/shop', connection_type => 'POSTGRESQL');
SELECT glue_jdbc_connection_input('a', 'jdbc:mysql://db/shop?useSSL=true', connection_type => 'MYSQL');
SELECT glue_jdbc_connection_input('a', 'jdbc:mysql://localhost/shop', connection_type => 'MYSQL');

-- a password is refused and not shown, wherever it is
SELECT glue_jdbc_connection_input('password=hunter2', 'jdbc:mysql://joe:hunter2@db/shop', 'pwd=hunter2',
  'token=hunter2', '{secret=hunter2}', '"password": "hunter2"', false, '{"password": "hunter2"}',
  '{a,//joe:hunter2@db}', connection_type => 'passwd=hunter2', role_arn => 'api_key=hunter2');
SELECT glue_jdbc_connection_input('a', 'jdbc:postgresql://db/shop?user=joe&password=hunter2');
SELECT glue_jdbc_connection_input('a', 'jdbc:oracle:thin:scott/hunter2@//db:1521/ORCL');
SELECT glue_jdbc_connection_input('a', 'jdbc:mysql://joe:hunter2@db/shop', connection_type => 'MYSQL');
SELECT glue_jdbc_connection_input('a', 'jdbc:postgresql://db/x%3Bpassword=hunter2', connection_type => 'POSTGRESQL');
SELECT glue_jdbc_connection_input('a', 'jdbc:mysql://db/shop?user=${user}&password=${password}');

-- large
DO $$
DECLARE
  call text;
BEGIN
  FOREACH call IN ARRAY ARRAY[
    'glue_jdbc_connection_input(large, ''jdbc:mysql://db/shop'')',
    'glue_jdbc_connection_input(''a'', ''jdbc:mysql://db/'' || large)',
    'glue_jdbc_connection_input(''a'', ''jdbc:mysql://db/'' || large, connection_type => ''MYSQL'')',
    'glue_jdbc_connection_input(''a'', ''jdbc:mysql://'' || large || ''/shop'', connection_type => ''MYSQL'')',
    'glue_jdbc_connection_input(''a'', ''jdbc:mysql://db/shop'', description => large)',
    'glue_jdbc_connection_input(''a'', ''jdbc:mysql://db/shop'', connection_type => large)',
    'glue_jdbc_connection_input(''a'', ''jdbc:mysql://db/shop'', match_criteria => array_fill(''''::text, ARRAY[100000]))',
    'glue_jdbc_connection_input(''a'', ''jdbc:mysql://db/shop'', security_group_id_list => ARRAY[large, large])',
    'glue_connection_input_for_this_database(host => large)']
  LOOP
    BEGIN
      EXECUTE 'SELECT ' || call || ' FROM repeat(''x'', 1048576) AS large';
      RAISE NOTICE '%: built', call;
    EXCEPTION WHEN invalid_parameter_value THEN
      RAISE NOTICE '%: %', call, SQLERRM;
    END;
  END LOOP;
END $$;

-- foreign servers of the wrappers that are known; these have no handlers
CREATE FOREIGN DATA WRAPPER mysql_fdw;
CREATE FOREIGN DATA WRAPPER oracle_fdw;
CREATE FOREIGN DATA WRAPPER tds_fdw;
CREATE EXTENSION postgres_fdw;
CREATE SERVER regress_pg FOREIGN DATA WRAPPER postgres_fdw
  OPTIONS (host 'db.example.com', port '6432', dbname 'a/b', sslmode 'verify-full', fetch_size '10');
CREATE SERVER regress_mysql FOREIGN DATA WRAPPER mysql_fdw
  OPTIONS (host '10.0.0.5', init_command 'SET x = 1', secure_auth 'false');
CREATE SERVER regress_oracle FOREIGN DATA WRAPPER oracle_fdw
  OPTIONS (dbserver '//db.example.com:1522/ORCL', isolation_level 'read_committed');
CREATE SERVER regress_tds FOREIGN DATA WRAPPER tds_fdw
  OPTIONS (servername 'db.example.com', database 'shop', msg_handler 'notice', tds_version '7.4');
SELECT jsonb_pretty(glue_connection_input_from_server('regress_pg', secret_arn => 'shop',
  subnet_id => 'subnet-0a1b2c3d', security_group_id_list => '{sg-0a1b2c3d}', availability_zone => 'us-east-1a',
  description => 'from a server', match_criteria => '{x}'));
SELECT glue_connection_input_from_server('regress_mysql', database_name => 'shop');
SELECT glue_connection_input_from_server('regress_oracle');
SELECT glue_connection_input_from_server('regress_tds');

-- the second generation
SELECT server, input->'ConnectionType' AS type, input->'ConnectionProperties' AS properties,
       glue_is_valid_connection_input(input) AS valid
  FROM (VALUES ('regress_pg'::name, 'POSTGRESQL'), ('regress_oracle', 'ORACLE'), ('regress_tds', 'SQLSERVER'),
               ('regress_mysql', 'MYSQL')) AS v (server, type),
       glue_connection_input_from_server(server, database_name => CASE type WHEN 'MYSQL' THEN 'shop' END,
         secret_arn => 'arn:aws:secretsmanager:us-east-1:123456789012:secret:s', connection_type => type,
         role_arn => 'arn:aws:iam::123456789012:role/glue') AS input;

-- arguments come before options
SELECT glue_connection_input_from_server('regress_pg', 'orders', 'other.example.com', 5, 'c', jdbc_enforce_ssl => false);
SELECT glue_connection_input_from_server('regress_oracle', host => '2001:db8::5');
SELECT glue_connection_input_from_server('regress_oracle', port => 1523, database_name => 'XE');

-- user mappings are not read
CREATE USER MAPPING FOR PUBLIC SERVER regress_mysql OPTIONS (username 'joe', password 'hunter2', host 'mapped');
SELECT glue_connection_input_from_server('regress_mysql', database_name => 'shop');
DROP USER MAPPING FOR PUBLIC SERVER regress_mysql;

-- missing options of a server
CREATE SERVER regress_bare_pg FOREIGN DATA WRAPPER postgres_fdw;
CREATE SERVER regress_bare_mysql FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '');
CREATE SERVER regress_bare_oracle FOREIGN DATA WRAPPER oracle_fdw;
CREATE SERVER regress_bare_tds FOREIGN DATA WRAPPER tds_fdw OPTIONS (servername 'db', port '1433,1434');
SELECT glue_connection_input_from_server('regress_bare_pg');
SELECT glue_connection_input_from_server('regress_bare_mysql');
SELECT glue_connection_input_from_server('regress_bare_oracle');
SELECT glue_connection_input_from_server('regress_bare_tds', role_arn => 'x');
SELECT glue_connection_input_from_server('regress_bare_pg', host => 'db', database_name => 'shop');
SELECT glue_connection_input_from_server('regress_bare_pg', '', '127.0.0.1', 0, '');
SELECT glue_connection_input_from_server('regress_bare_oracle', host => 'db', database_name => 'a/b');
SELECT glue_connection_input_from_server('regress_bare_tds', host => '2001:db8::5', port => 65536, database_name => 'shop');
SELECT glue_connection_input_from_server('regress_pg', connection_type => 'MYSQL');
SELECT glue_connection_input_from_server('regress_pg', connection_type => 'NETWORK');
SELECT glue_connection_input_from_server(NULL, connection_type => NULL);
SELECT glue_connection_input_from_server('nowhere');

-- hosts that AWS Glue cannot reach, or that are several
DO $$
DECLARE
  options text;
  detail text;
BEGIN
  FOREACH options IN ARRAY ARRAY[
    'ADD host ''localhost''', 'SET host ''/var/run/postgresql''', 'SET host ''a.example.com,b.example.com''',
    'SET host ''127.0.0.1''', 'SET host ''joe:hunter2@db''', 'SET host ''db:5432''', 'ADD hostaddr ''10.0.0.5''',
    'SET host ''db.example.com''', 'DROP host', 'SET hostaddr ''::1''', 'SET hostaddr ''a,b''']
  LOOP
    EXECUTE format('ALTER SERVER regress_bare_pg OPTIONS (%s)', options);
    BEGIN
      RAISE NOTICE '%: %', options,
        glue_connection_input_from_server('regress_bare_pg', database_name => 'x')->'ConnectionProperties';
    EXCEPTION WHEN invalid_parameter_value THEN
      GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
      RAISE NOTICE '%: %', options, detail;
    END;
  END LOOP;
END $$;

-- forms of Oracle's option
DO $$
DECLARE
  dbserver text;
  detail text;
  hint text;
BEGIN
  ALTER SERVER regress_bare_oracle OPTIONS (ADD dbserver 'x');
  FOREACH dbserver IN ARRAY ARRAY[
    'db/ORCL', '[2001:db8::5]/ORCL', 'ORCL', '(DESCRIPTION=(ADDRESS=(HOST=db)))', 'scott/hunter2@//db/ORCL',
    '//db', '//localhost/ORCL', '//db:x/ORCL', 'tcps://db/ORCL', '//db/ORCL?wallet_location=x',
    '//db/ORCL?password=hunter2']
  LOOP
    EXECUTE format('ALTER SERVER regress_bare_oracle OPTIONS (SET dbserver %L)', dbserver);
    BEGIN
      RAISE NOTICE '%: %', dbserver,
        glue_connection_input_from_server('regress_bare_oracle')->'ConnectionProperties';
    EXCEPTION WHEN invalid_parameter_value THEN
      GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
      RAISE NOTICE E'%: %\n%', dbserver, detail, hint;
    END;
  END LOOP;
END $$;
SELECT glue_connection_input_from_server('regress_bare_oracle', host => 'db', database_name => 'ORCL');

-- options with passwords are left out, or refused where they would be used
ALTER SERVER regress_mysql OPTIONS (ADD password 'hunter2');
SELECT glue_connection_input_from_server('regress_mysql', database_name => 'shop');
ALTER SERVER regress_mysql OPTIONS (ADD dbname 'shop?password=hunter2', SET host '//joe:hunter2@db');
SELECT glue_connection_input_from_server('regress_mysql');
SELECT glue_connection_input_from_server('regress_mysql', host => 'joe:hunter2@db', database_name => 'password=hunter2');

-- a wrapper is known by its handler, and else by its name
CREATE FOREIGN DATA WRAPPER regress_wrapper;
CREATE SERVER regress_other FOREIGN DATA WRAPPER regress_wrapper OPTIONS (host 'db.example.com', dbname 'shop');
SELECT glue_connection_input_from_server('regress_other');
ALTER FOREIGN DATA WRAPPER regress_wrapper HANDLER postgres_fdw_handler;
SELECT glue_connection_input_from_server('regress_other');
ALTER FOREIGN DATA WRAPPER mysql_fdw RENAME TO regress_mysql_fdw;
ALTER FOREIGN DATA WRAPPER regress_wrapper RENAME TO mysql_fdw;
SELECT glue_connection_input_from_server('regress_other')->'ConnectionProperties';
CREATE SERVER regress_glue FOREIGN DATA WRAPPER glue_conn;
SELECT glue_connection_input_from_server('regress_glue');
DROP SERVER regress_glue;

-- privileges
CREATE ROLE regress_glue_user;
SET ROLE regress_glue_user;
SELECT glue_jdbc_connection_input('a', 'jdbc:mysql://db/shop') IS NOT NULL AS built;
SELECT glue_connection_input_for_this_database(host => 'db') IS NOT NULL AS built;
SELECT glue_connection_input_from_server('regress_pg');
RESET ROLE;
GRANT USAGE ON FOREIGN SERVER regress_pg TO regress_glue_user;
SET ROLE regress_glue_user;
SELECT glue_connection_input_from_server('regress_pg') IS NOT NULL AS built;
RESET ROLE;
REVOKE USAGE ON FOREIGN SERVER regress_pg FROM regress_glue_user;
GRANT USAGE ON FOREIGN DATA WRAPPER oracle_fdw TO regress_glue_user;
ALTER SERVER regress_oracle OWNER TO regress_glue_user;
SET ROLE regress_glue_user;
SELECT glue_connection_input_from_server('regress_oracle') IS NOT NULL AS built;
RESET ROLE;

-- this database, whose port the test does not know
CREATE FUNCTION pg_temp.without_port(input jsonb) RETURNS jsonb LANGUAGE sql AS $$
  SELECT regexp_replace(regexp_replace(input::text, ':' || current_setting('port') || '/', ':PORT/'),
                        '"PORT": "' || current_setting('port') || '"', '"PORT": "PORT"')::jsonb;
$$;
SELECT glue_connection_input_for_this_database();
SELECT pg_temp.without_port(glue_connection_input_for_this_database(host => 'db.example.com'));
SELECT jsonb_pretty(glue_connection_input_for_this_database('orders', '2001:db8::5', 6432, 'orders-reader',
  'subnet-0a1b2c3d', '{sg-0a1b2c3d}', 'us-east-1a', true, 'this one', '{x,y}'));
SELECT jsonb_pretty(pg_temp.without_port(glue_connection_input_for_this_database(host => 'db.example.com',
  secret_arn => 'arn:aws:secretsmanager:us-east-1:123456789012:secret:s', connection_type => 'POSTGRESQL',
  role_arn => 'arn:aws:iam::123456789012:role/glue')));
SELECT glue_connection_input_for_this_database(host => 'localhost', port => -1, connection_type => 'MYSQL');
SELECT glue_connection_input_for_this_database(host => 'joe:hunter2@db', port => 0, secret_arn => 'password=hunter2');

-- a built input can be created: no finding of any severity
SELECT v.* FROM glue_validate_connection_input(glue_connection_input_for_this_database(host => 'db.example.com',
  secret_arn => 'orders-reader', subnet_id => 'subnet-0a1b2c3d', security_group_id_list => '{sg-0a1b2c3d}',
  availability_zone => 'us-east-1a')) v;
SELECT v.* FROM glue_validate_connection_input(glue_connection_input_for_this_database(host => 'db.example.com',
  secret_arn => 'arn:aws:secretsmanager:us-east-1:123456789012:secret:s', connection_type => 'POSTGRESQL',
  role_arn => 'arn:aws:iam::123456789012:role/glue')) v;

-- a database whose name is no plain word
CREATE DATABASE "regress a/b%?é;c";
\c "regress a/b%?é;c"
CREATE EXTENSION glue_conn;
SELECT glue_connection_input_for_this_database(host => 'db', port => 1);
SELECT glue_connection_input_for_this_database('a', 'db', 1, connection_type => 'POSTGRESQL',
  secret_arn => 'arn:aws:secretsmanager:us-east-1:123456789012:secret:s')->'ConnectionProperties';
\c contrib_regression
DROP DATABASE "regress a/b%?é;c";

-- all three have the same arguments in the same order
SELECT DISTINCT proargnames[pronargs - 8 : pronargs] AS arguments
  FROM pg_proc WHERE proname ~ '^glue_(jdbc_)?connection_input';

DROP FOREIGN DATA WRAPPER mysql_fdw, regress_mysql_fdw, oracle_fdw, tds_fdw CASCADE;
DROP SERVER regress_pg CASCADE;
DROP SERVER regress_bare_pg CASCADE;
DROP EXTENSION postgres_fdw;
DROP ROLE regress_glue_user;
