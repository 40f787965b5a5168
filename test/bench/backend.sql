-- test/bench/backend.sql
--
-- Measurements inside a backend.  test/bench/run loads this after the
-- extension, and then calls the procedures one after the other; they put their
-- figures, in microseconds a call unless their names have another unit, into
-- the table sample.  It gives these variables of psql:
--
--	floor_library	the path of floor_in_backend.so
--	request			the JSON of the reference request
--	schema			the JSON schema of a definition in Glue

\set ON_ERROR_STOP on

CREATE FUNCTION floor_post(url text, ca_file text, body text) RETURNS void
	AS :'floor_library' LANGUAGE C;
CREATE FUNCTION floor_nothing(input jsonb) RETURNS boolean
	AS :'floor_library' LANGUAGE C IMMUTABLE STRICT;
CREATE FUNCTION count_descriptors() RETURNS integer
	AS :'floor_library' LANGUAGE C;

CREATE UNLOGGED TABLE sample (name text, value float8);

CREATE TABLE reference AS
	SELECT :'request' AS body,
		:'request'::jsonb->'ConnectionInput' AS input,
		:'request'::jsonb->'Tags' AS tags,
		:'request'::jsonb->>'CatalogId' AS catalog_id,
		:'schema' AS schema;

CREATE SEQUENCE number CACHE 1000;

-- As many inputs, each with a new name.
CREATE FUNCTION new_inputs(count integer) RETURNS jsonb[]
LANGUAGE sql AS $$
	SELECT array_agg(jsonb_set(input, '{Name}', to_jsonb('shop-warehouse-'
			|| to_char(nextval('number'), 'FM00000000'))))
	FROM reference, generate_series(1, count);
$$;

-- The CPU time of this backend in microseconds.
CREATE FUNCTION cpu_time() RETURNS float8
LANGUAGE sql AS $$
	SELECT split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::float8
		/ 1000;
$$;

CREATE FUNCTION microseconds_since(start timestamptz) RETURNS float8
LANGUAGE sql AS $$
	SELECT extract(epoch FROM clock_timestamp() - start) * 1e6;
$$;

-- Functions that work on an input alone, 100 inputs again and again; and a
-- peer with the same inputs and a schema of Glue's input, if it is installed:
-- jsonb_matches_compiled_schema() keeps the compiled schema from call to call,
-- the other one does not, so there are few of its calls.
CREATE PROCEDURE measure_functions(rounds integer, repeats integer)
LANGUAGE plpgsql AS $$
DECLARE
	inputs jsonb[] := new_inputs(100);
	schema text := (SELECT r.schema FROM reference r);
	calls text[] := '{floor_nothing(input), glue_redact(input),
		glue_is_valid_connection_input(input)}';
	call text;
	times integer;
	valid boolean;
	start timestamptz;
BEGIN
	IF to_regtype('jsonschema') IS NOT NULL THEN
		calls := calls
			|| format('jsonb_matches_compiled_schema(%L, input)', schema)
			|| format('jsonb_matches_schema(%L, input)', schema);
		EXECUTE format('SELECT bool_and(%s AND %s) FROM unnest($1) AS input',
			calls[4], calls[5]) INTO valid USING inputs;
		ASSERT valid;
	END IF;
	FOR round IN 0 .. rounds LOOP	-- the first one warms up
		FOREACH call IN ARRAY calls LOOP
			times := CASE WHEN call LIKE 'jsonb_matches_schema%' THEN 1
				ELSE repeats END;
			start := clock_timestamp();
			EXECUTE format('SELECT count(%s)
				FROM unnest($1) AS input, generate_series(1, $2)', call)
				USING inputs, times;
			INSERT INTO sample
				SELECT split_part(call, '(', 1),
					microseconds_since(start) / times / 100
				WHERE round > 0;
		END LOOP;
	END LOOP;
END;
$$;

-- One batch of calls, with its commit.
CREATE PROCEDURE make_calls(part text, inputs jsonb[])
LANGUAGE plpgsql AS $$
DECLARE
	url text := current_setting('glue_conn.endpoint_url');
	ca_file text := current_setting('glue_conn.ca_file');
	r reference;
BEGIN
	SELECT * INTO r FROM reference;
	IF part = 'floor' THEN
		PERFORM floor_post(url, ca_file, r.body) FROM unnest(inputs);
	ELSE
		PERFORM glue_create_connection(input, r.tags, r.catalog_id)
			FROM unnest(inputs) AS input;
	END IF;
	COMMIT;
END;
$$;

-- Whole creates against the floor: batches of 100 calls, in turn.  A batch is
-- short, so that some of them are not disturbed even on a busy machine.
CREATE PROCEDURE measure_creates(rounds integer)
LANGUAGE plpgsql AS $$
DECLARE
	inputs jsonb[];
	part text;
	start timestamptz;
	cpu_start float8;
BEGIN
	FOR round IN -10 .. rounds LOOP	-- up to 0 they warm up
		FOREACH part IN ARRAY '{floor, create}'::text[] LOOP
			inputs := new_inputs(100);
			start := clock_timestamp();
			cpu_start := cpu_time();
			CALL make_calls(part, inputs);
			INSERT INTO sample
				SELECT part || ' ' || kind, value / 100
				FROM (VALUES ('cpu', cpu_time() - cpu_start),
					('wall', microseconds_since(start))) AS v (kind, value)
				WHERE round > 0;
			COMMIT;
		END LOOP;
	END LOOP;
END;
$$;

-- Many creates in one call.  The first rounds warm up: they make the connections
-- that the others find.  With so many requests side by side and a server that
-- takes so long, no client could be faster than ideal.
CREATE PROCEDURE measure_bulk(rounds integer, latency_ms integer,
	width integer)
LANGUAGE plpgsql AS $$
DECLARE
	inputs jsonb[];
	r reference;
	start timestamptz;
	cpu_start float8;
	ready integer;
BEGIN
	SELECT * INTO r FROM reference;
	FOR round IN -1 .. rounds LOOP
		inputs := new_inputs(640);
		start := clock_timestamp();
		cpu_start := cpu_time();
		SELECT count(*) FILTER (WHERE status = 'READY') INTO ready
			FROM glue_create_connections(inputs, r.tags, r.catalog_id);
		INSERT INTO sample
			SELECT 'bulk ' || kind, value
			FROM (VALUES ('cpu', (cpu_time() - cpu_start) / 640),
				('wall', microseconds_since(start) / 640),
				('ideal', latency_ms * 1000.0 / width)) AS v (kind, value)
			WHERE round > 0;
		ASSERT ready = 640;
		COMMIT;
	END LOOP;
END;
$$;

-- Put so many requests into the queue.  Their secrets are by reference.
CREATE PROCEDURE enqueue(count integer)
LANGUAGE plpgsql AS $$
DECLARE
	done integer := 0;
	inputs jsonb[];
BEGIN
	WHILE done < count LOOP
		SELECT array_agg(jsonb_set(input, '{ConnectionProperties}',
				(input->'ConnectionProperties') - '{USERNAME, PASSWORD}'::text[]
				|| '{"SECRET_ID": "warehouse/nightly-jobs"}'))
			INTO inputs
			FROM unnest(new_inputs(least(count - done, 10000))) AS input;
		PERFORM glue_enqueue_create_connection(input) FROM unnest(inputs) AS input;
		COMMIT;
		done := done + cardinality(inputs);
	END LOOP;
END;
$$;

-- The durable queue, with so many requests that wait; commits wait for the disk.
-- First short runs of a round trip each, which work at any depth, and between
-- which as many requests come as were carried out; then, if there are so many,
-- one run that carries out many.
CREATE PROCEDURE measure_queue(depth integer, rounds integer, width integer,
	many integer)
LANGUAGE plpgsql AS $$
DECLARE
	start timestamptz;
	cpu_start float8;
BEGIN
	PERFORM set_config('synchronous_commit', 'on', false);
	TRUNCATE glue_request;
	CALL enqueue(depth);

	-- earlier writes shall not compete with the measurement
	CHECKPOINT;
	FOR round IN -5 .. rounds LOOP	-- up to 0 they make connections and warm up
		start := clock_timestamp();
		cpu_start := cpu_time();
		CALL glue_process_requests(width);
		INSERT INTO sample
			SELECT format('queue %s %s', kind, depth), value / width
			FROM (VALUES ('cpu', cpu_time() - cpu_start),
				('short', microseconds_since(start))) AS v (kind, value)
			WHERE round > 0;
		CALL enqueue(width);
	END LOOP;
	ASSERT (SELECT count(*) FROM glue_request WHERE state = 'succeeded')
		= (rounds + 6) * width;

	IF depth >= many THEN
		start := clock_timestamp();
		CALL glue_process_requests(many);
		INSERT INTO sample
			SELECT format('queue drain %s', depth),
				microseconds_since(start) / many;
		ASSERT (SELECT count(*) FROM glue_request WHERE state = 'succeeded')
			= (rounds + 6) * width + many;
	END IF;
	COMMIT;
END;
$$;

-- Calls of as many requests side by side as the setting says: many creates in one
-- call, and the queue.
CREATE PROCEDURE measure_width(rounds integer, width integer, calls integer)
LANGUAGE plpgsql AS $$
DECLARE
	inputs jsonb[];
	start timestamptz;
	ready integer;
BEGIN
	PERFORM set_config('glue_conn.max_concurrent_requests', width::text, false);
	TRUNCATE glue_request;
	FOR round IN 0 .. rounds LOOP	-- the first one makes connections
		inputs := new_inputs(calls);
		start := clock_timestamp();
		SELECT count(*) FILTER (WHERE status = 'READY') INTO ready
			FROM glue_create_connections(inputs);
		COMMIT;
		INSERT INTO sample
			SELECT format('width %s bulk', width),
				microseconds_since(start) / calls
			WHERE round > 0;
		ASSERT ready = calls;

		CALL enqueue(calls);
		start := clock_timestamp();
		CALL glue_process_requests(calls);
		INSERT INTO sample
			SELECT format('width %s queue', width),
				microseconds_since(start) / calls
			WHERE round > 0;
		COMMIT;
	END LOOP;
	ASSERT (SELECT count(*) FROM glue_request WHERE state = 'succeeded')
		= (rounds + 1) * calls;
END;
$$;

-- A server that answers at once: the queue, and the same calls without it.
CREATE PROCEDURE measure_at_once(rounds integer, count integer)
LANGUAGE plpgsql AS $$
DECLARE
	part text;
	inputs jsonb[];
	start timestamptz;
	cpu_start float8;
BEGIN
	PERFORM set_config('synchronous_commit', 'on', false);
	TRUNCATE glue_request;
	FOR round IN 0 .. rounds LOOP	-- the first one warms up
		FOREACH part IN ARRAY '{bulk, queue}'::text[] LOOP
			IF part = 'queue' THEN
				CALL enqueue(count);
			ELSE
				inputs := new_inputs(count);
			END IF;
			CHECKPOINT;
			start := clock_timestamp();
			cpu_start := cpu_time();
			IF part = 'queue' THEN
				CALL glue_process_requests(count);
			ELSE
				PERFORM glue_create_connections(inputs);
			END IF;
			COMMIT;
			INSERT INTO sample
				SELECT format('at_once %s %s', part, kind), value / count
				FROM (VALUES ('cpu', cpu_time() - cpu_start),
					('wall', microseconds_since(start))) AS v (kind, value)
				WHERE round > 0;
		END LOOP;
	END LOOP;
	ASSERT (SELECT count(*) FROM glue_request WHERE state = 'succeeded')
		= (rounds + 1) * count;
	COMMIT;
END;
$$;

-- The equivalent trigger of pg_net: it requests a POST of the row's input.
CREATE FUNCTION post_with_pg_net() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM net.http_post(current_setting('glue_conn.endpoint_url'),
		NEW.connection_input);
	RETURN NULL;
END;
$$;

-- Rows that ask for connections, with and without the trigger that does so, and
-- with pg_net's if it is there.  No worker takes the requests, and there is no key,
-- so the password is left out.
CREATE PROCEDURE measure_rows(rounds integer, count integer)
LANGUAGE plpgsql AS $$
DECLARE
	kinds text[] := '{plain, trigger}';
	part text;
	start timestamptz;
BEGIN
	CREATE TABLE plain_row (connection_input jsonb);
	CREATE TABLE trigger_row (connection_input jsonb);
	CREATE TRIGGER provision AFTER INSERT OR UPDATE OR DELETE ON trigger_row
		FOR EACH ROW EXECUTE FUNCTION glue_provision_connection();
	CREATE TABLE pg_net_row (connection_input jsonb);
	CREATE TRIGGER post AFTER INSERT ON pg_net_row
		FOR EACH ROW EXECUTE FUNCTION post_with_pg_net();
	IF to_regnamespace('net') IS NOT NULL THEN
		kinds := kinds || 'pg_net'::text;
	END IF;
	CREATE TABLE source AS
		SELECT input #- '{ConnectionProperties,PASSWORD}'
			#- '{ConnectionProperties,USERNAME}' AS input
		FROM unnest(new_inputs(count)) AS input;
	SET client_min_messages = error;
	FOR round IN 0 .. rounds LOOP
		FOREACH part IN ARRAY kinds LOOP
			COMMIT;
			start := clock_timestamp();
			EXECUTE format('INSERT INTO %I SELECT input FROM source',
				part || '_row');
			COMMIT;
			INSERT INTO sample
				SELECT part || ' row', microseconds_since(start) / count
				WHERE round > 0;
			TRUNCATE plain_row, trigger_row, pg_net_row, glue_request,
				glue_provision;
			IF part = 'pg_net' THEN
				TRUNCATE net.http_request_queue;
			END IF;
		END LOOP;
	END LOOP;
	RESET client_min_messages;
	DROP TABLE plain_row, trigger_row, pg_net_row, source;
END;
$$;

-- The first calls of this backend.  The server must close connections after a
-- tenth of a second.
CREATE PROCEDURE measure_first_calls(part text, ca text)
LANGUAGE plpgsql AS $$
DECLARE
	inputs jsonb[] := new_inputs(1);
	start timestamptz;
	turn text;
BEGIN
	FOREACH turn IN ARRAY '{first, again}'::text[] LOOP
		start := clock_timestamp();
		CALL make_calls(part, inputs);
		INSERT INTO sample
			SELECT format('%s %s %s', turn, part, ca), microseconds_since(start);
		PERFORM pg_sleep(0.5);
	END LOOP;
END;
$$;

-- The resources of this backend after this many creates.
CREATE PROCEDURE measure_memory(counts integer[])
LANGUAGE plpgsql AS $$
DECLARE
	done integer := 0;
	wanted integer;
BEGIN
	FOREACH wanted IN ARRAY counts LOOP
		WHILE done < wanted LOOP
			CALL make_calls('create', new_inputs(100));
			done := done + 100;
		END LOOP;
		INSERT INTO sample
			SELECT format('memory %s contexts_kb', done),
				sum(total_bytes) / 1024 FROM pg_backend_memory_contexts
			UNION ALL
			SELECT format('memory %s %s_kb', done, line[1]), line[2]::float8
			FROM regexp_matches(pg_read_file('/proc/self/status'),
				'(VmRSS|RssAnon|VmData):\s*(\d+) kB', 'g') AS line
			UNION ALL
			SELECT format('memory %s descriptors', done), count_descriptors();
	END LOOP;
END;
$$;

-- Go through a whole catalog: record it, find nothing new in it, compare it.
CREATE PROCEDURE measure_catalog(count integer)
LANGUAGE plpgsql AS $$
DECLARE
	part text;
	start timestamptz;
BEGIN
	DELETE FROM glue_connection;
	COMMIT;
	FOREACH part IN ARRAY '{glue_sync_connections, glue_sync_connections again,
		glue_connection_drift}'::text[]
	LOOP
		start := clock_timestamp();
		EXECUTE format('SELECT count(*) FROM %I()', split_part(part, ' ', 1));
		COMMIT;
		INSERT INTO sample
			SELECT format('catalog %s %s seconds', count, part),
				microseconds_since(start) / 1e6;
	END LOOP;

	-- its peak, less its shared memory
	INSERT INTO sample
		SELECT format('catalog %s peak_kb', count),
			sum(CASE line[1] WHEN 'VmHWM' THEN 1 ELSE -1 END * line[2]::float8)
		FROM regexp_matches(pg_read_file('/proc/self/status'),
			'(VmHWM|RssFile|RssShmem):\s*(\d+) kB', 'g') AS line;
	COMMIT;
END;
$$;

-- The time from a rollback until the created connection is deleted, and that
-- is recorded.
CREATE PROCEDURE measure_resolution(count integer)
LANGUAGE plpgsql AS $$
DECLARE
	input jsonb;
	start timestamptz;
	last_id bigint;
	resolved timestamptz;
BEGIN
	FOR i IN 1 .. count LOOP
		input := (new_inputs(1))[1];
		PERFORM glue_create_connection(input);
		SELECT last_value INTO last_id FROM glue_request_id_seq;
		start := clock_timestamp();
		ROLLBACK;
		LOOP
			SELECT finished_at INTO resolved FROM glue_request
				WHERE id = last_id AND state = 'rolled_back';
			EXIT WHEN resolved IS NOT NULL;
			COMMIT;
			PERFORM pg_sleep(0.001);
		END LOOP;
		INSERT INTO sample
			VALUES ('resolved', extract(epoch FROM resolved - start) * 1e6);
		COMMIT;
	END LOOP;
END;
$$;

-- The resources of this database's background worker after this many requests.
-- It logs its memory contexts when it is asked to; log_file is where.
CREATE PROCEDURE measure_worker(counts integer[], log_file text)
LANGUAGE plpgsql AS $$
DECLARE
	wanted integer;
	worker integer;
	logged bigint;
	contexts text;
BEGIN
	FOREACH wanted IN ARRAY counts LOOP
		LOOP
			COMMIT;
			PERFORM pg_stat_clear_snapshot();
			EXIT WHEN (SELECT n_tup_ins >= wanted FROM pg_stat_user_tables
				WHERE relname = 'glue_connection');
			PERFORM pg_sleep(0.1);
		END LOOP;
		SELECT pid INTO STRICT worker FROM pg_stat_activity
			WHERE backend_type = 'glue_conn worker';
		logged := (pg_stat_file(log_file)).size;
		PERFORM pg_log_backend_memory_contexts(worker);
		LOOP
			contexts := (regexp_match(
				pg_read_file(log_file, logged, 1000000),
				'Grand total: (\d+) bytes'))[1];
			EXIT WHEN contexts IS NOT NULL;
			PERFORM pg_sleep(0.01);
		END LOOP;
		INSERT INTO sample
			SELECT format('worker %s contexts_kb', wanted),
				contexts::float8 / 1024
			UNION ALL
			SELECT format('worker %s %s_kb', wanted, line[1]), line[2]::float8
			FROM regexp_matches(pg_read_file(format('/proc/%s/status', worker)),
				'(VmRSS|RssAnon|VmData):\s*(\d+) kB', 'g') AS line;
	END LOOP;
END;
$$;
