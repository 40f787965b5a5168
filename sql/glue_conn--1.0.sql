/* glue_conn/sql/glue_conn--1.0.sql */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION glue_conn" to load this file. \quit

-- The owner of the schema may have created objects in it before, and these can
-- be a better match than those of PostgreSQL, such as an operator ||(name,
-- text).  So every relation, operator, function and cast is qualified with its
-- schema; test/static/pgspot.pl checks that.  Types of columns and arguments,
-- and the objects of comments, need no schema: pg_catalog comes first, and no
-- CREATE here replaces an existing object.

--
-- The identity of this database
--
-- It is the body of a function, and not a row, because a function is copied
-- with the database and by pg_upgrade, but by no publication and no dump.
--
DO $$
BEGIN
	EXECUTE pg_catalog.format(
		'CREATE FUNCTION glue_database_id() RETURNS pg_catalog.uuid'
		' LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp'
		' AS %L',
		pg_catalog.format('SELECT %L::pg_catalog.uuid', pg_catalog.gen_random_uuid()));
END
$$;

COMMENT ON FUNCTION glue_database_id() IS
	'random identity of this database; a copy made by CREATE DATABASE has the same one';

CREATE FUNCTION glue_home()
RETURNS bigint
AS 'MODULE_PATHNAME', 'glue_home_function'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION glue_home() IS
	'home of the requests of this database; requests of another home are held';

--
-- glue_connection
--
-- The recorded connections in AWS Glue.  Only the functions of this extension
-- write here, and they write no secret.  One row per connection: a connection is
-- identified by its endpoint, region, catalog and name, and not by the server
-- that leads to it.
--
CREATE TABLE @extschema@.glue_connection (
	endpoint							text NOT NULL DEFAULT '',
	region								text NOT NULL,
	catalog_id							text NOT NULL,
	name								text NOT NULL,
	server								name,
	arn									text,
	connection_type						text,
	description							text,
	match_criteria						text[],
	connection_properties				jsonb,
	spark_properties					jsonb,
	athena_properties					jsonb,
	python_properties					jsonb,
	physical_connection_requirements	jsonb,
	authentication_configuration		jsonb,
	validate_credentials				boolean,
	validate_for_compute_environments	text[],
	tags								jsonb,
	status								text,
	status_reason						text,
	connection_schema_version			integer,
	creation_time						timestamptz,
	last_updated_time					timestamptz,
	last_updated_by						text,
	last_connection_validation_time		timestamptz,
	secret_digest						bytea,
	request_id							text,
	recorded_at							timestamptz NOT NULL,
	recorded_by							name NOT NULL,
	aws_recorded_at						timestamptz,
	PRIMARY KEY (endpoint, region, catalog_id, name)
);

COMMENT ON TABLE glue_connection IS
	'AWS Glue connections as last recorded, without secrets; written only by the functions of glue_conn';
COMMENT ON COLUMN glue_connection.endpoint IS
	'scheme, host and port of the endpoint; empty for AWS itself';
COMMENT ON COLUMN glue_connection.region IS
	'AWS region';
COMMENT ON COLUMN glue_connection.catalog_id IS
	'ID of the Data Catalog: that of the account, unless another one was given';
COMMENT ON COLUMN glue_connection.name IS
	'name of the connection, unique in its catalog';
COMMENT ON COLUMN glue_connection.server IS
	'foreign server by which the connection was last reached; null for none';
COMMENT ON COLUMN glue_connection.arn IS
	'Amazon Resource Name; null while the account is not known';
COMMENT ON COLUMN glue_connection.connection_type IS
	'ConnectionType, such as JDBC';
COMMENT ON COLUMN glue_connection.description IS
	'Description';
COMMENT ON COLUMN glue_connection.match_criteria IS
	'MatchCriteria';
COMMENT ON COLUMN glue_connection.connection_properties IS
	'ConnectionProperties, with secrets replaced by "********"';
COMMENT ON COLUMN glue_connection.spark_properties IS
	'SparkProperties, with secrets replaced by "********"';
COMMENT ON COLUMN glue_connection.athena_properties IS
	'AthenaProperties, with secrets replaced by "********"';
COMMENT ON COLUMN glue_connection.python_properties IS
	'PythonProperties, with secrets replaced by "********"';
COMMENT ON COLUMN glue_connection.physical_connection_requirements IS
	'PhysicalConnectionRequirements: subnet, security groups and availability zone';
COMMENT ON COLUMN glue_connection.authentication_configuration IS
	'AuthenticationConfiguration, with secrets replaced by "********"';
COMMENT ON COLUMN glue_connection.validate_credentials IS
	'ValidateCredentials, as it was asked for';
COMMENT ON COLUMN glue_connection.validate_for_compute_environments IS
	'ValidateForComputeEnvironments, as it was asked for';
COMMENT ON COLUMN glue_connection.tags IS
	'tags, as this database last set or read them; null while they are not known';
COMMENT ON COLUMN glue_connection.status IS
	'READY, IN_PROGRESS or FAILED, as AWS Glue last reported';
COMMENT ON COLUMN glue_connection.status_reason IS
	'reason of the status';
COMMENT ON COLUMN glue_connection.connection_schema_version IS
	'1 or 2; null until it was read from AWS Glue';
COMMENT ON COLUMN glue_connection.creation_time IS
	'time when AWS Glue created the connection; null until it was read from there';
COMMENT ON COLUMN glue_connection.last_updated_time IS
	'time of the last change of the connection; null until it was read from AWS Glue';
COMMENT ON COLUMN glue_connection.last_updated_by IS
	'author of the last change of the connection; null until it was read from AWS Glue';
COMMENT ON COLUMN glue_connection.last_connection_validation_time IS
	'time when AWS Glue last tested the connection; null until it was read from there';
COMMENT ON COLUMN glue_connection.secret_digest IS
	'keyed digest of the secrets that this database sent; null if there were none, or if another client has changed the connection since';
COMMENT ON COLUMN glue_connection.request_id IS
	'AWS''s ID of the request that this row records';
COMMENT ON COLUMN glue_connection.recorded_at IS
	'time when this row was written';
COMMENT ON COLUMN glue_connection.recorded_by IS
	'role that made the call';
COMMENT ON COLUMN glue_connection.aws_recorded_at IS
	'time of the answer that this row records, by AWS''s clock and in whole seconds; later changes were made by other clients, or by AWS Glue itself';

-- the catalog of connections is worth keeping; a restored copy makes no calls
SELECT pg_catalog.pg_extension_config_dump('glue_connection', '');

--
-- glue_connection_summary
--
-- An overview of all connections for one screen.
--
CREATE VIEW @extschema@.glue_connection_summary AS
	SELECT
		c.name,
		c.connection_type AS type,
		c.status,
		coalesce(c.server::pg_catalog.text OPERATOR(pg_catalog.||) '/', '')
			OPERATOR(pg_catalog.||) c.region
			OPERATOR(pg_catalog.||) '/'
			OPERATOR(pg_catalog.||) c.catalog_id AS target,
		pg_catalog.left(coalesce(
			p OPERATOR(pg_catalog.->>) 'JDBC_CONNECTION_URL',
			p OPERATOR(pg_catalog.->>) 'CONNECTION_URL',
			p OPERATOR(pg_catalog.->>) 'CONNECTOR_URL',
			p OPERATOR(pg_catalog.->>) 'KAFKA_BOOTSTRAP_SERVERS',
			p OPERATOR(pg_catalog.->>) 'INSTANCE_URL',
			p OPERATOR(pg_catalog.->>) 'ENDPOINT',
			(p OPERATOR(pg_catalog.->>) 'HOST')
				OPERATOR(pg_catalog.||) coalesce(':'
					OPERATOR(pg_catalog.||) (p OPERATOR(pg_catalog.->>) 'PORT'), '')
				OPERATOR(pg_catalog.||) coalesce('/'
					OPERATOR(pg_catalog.||) (p OPERATOR(pg_catalog.->>) 'DATABASE'), '')),
			40) AS endpoint,
		CASE
			WHEN p OPERATOR(pg_catalog.?|)
					'{SECRET_ID, KAFKA_SASL_SCRAM_SECRETS_ARN}'
				OR c.authentication_configuration OPERATOR(pg_catalog.?)
					'SecretArn' THEN 'reference'
			WHEN c.secret_digest IS NOT NULL OR p OPERATOR(pg_catalog.?|)
					'{PASSWORD, USERNAME, KAFKA_SASL_SCRAM_USERNAME,
					KAFKA_SASL_PLAIN_USERNAME}'
				THEN 'inline'
			ELSE 'none'
		END AS credentials,
		coalesce(c.last_updated_time, c.recorded_at)::pg_catalog.timestamptz(0)
			AS updated,
		pg_catalog.left(c.status_reason, 60) AS reason
	FROM @extschema@.glue_connection c
		CROSS JOIN LATERAL (SELECT c.connection_properties) AS properties (p)
	ORDER BY c.server, c.region, c.catalog_id, c.name;

COMMENT ON VIEW glue_connection_summary IS
	'AWS Glue connections as last recorded, in a short form';
COMMENT ON COLUMN glue_connection_summary.name IS
	'name of the connection';
COMMENT ON COLUMN glue_connection_summary.type IS
	'ConnectionType';
COMMENT ON COLUMN glue_connection_summary.status IS
	'READY, IN_PROGRESS or FAILED, as AWS Glue last reported';
COMMENT ON COLUMN glue_connection_summary.target IS
	'foreign server by which it was last reached, if any, region and catalog';
COMMENT ON COLUMN glue_connection_summary.endpoint IS
	'beginning of the URL or address that the connection leads to';
COMMENT ON COLUMN glue_connection_summary.credentials IS
	'reference: to AWS Secrets Manager; inline: in the definition; none: neither is known';
COMMENT ON COLUMN glue_connection_summary.updated IS
	'time of the last change according to AWS Glue, or else the time when it was recorded';
COMMENT ON COLUMN glue_connection_summary.reason IS
	'beginning of StatusReason';

--
-- glue_request
--
-- The durable queue: requests that are carried out in AWS Glue after their
-- transaction has committed, and their outcomes.  Only the functions of this
-- extension write here.
--
-- Columns that change while a request is open are in no index, so that its
-- updates are HOT; the fillfactor leaves room for one new version of every
-- row.  An index of open requests is as small as the work that is left,
-- independent of the history.
--
CREATE TABLE @extschema@.glue_request (
	id					bigint GENERATED ALWAYS AS IDENTITY,
	operation			text NOT NULL CHECK (operation
							OPERATOR(pg_catalog.=) ANY (ARRAY[
							'CreateConnection', 'UpdateConnection', 'DeleteConnection',
							'TagResource', 'UntagResource', 'ReleaseConnection'])),
	connection_name		text NOT NULL,
	server				name,
	region				text NOT NULL,
	catalog_id			text,
	input				jsonb,
	tags				jsonb,
	on_conflict			text,
	on_missing			text,
	has_secrets			boolean NOT NULL DEFAULT false,
	state				text NOT NULL DEFAULT 'queued' CHECK (state
							OPERATOR(pg_catalog.=) ANY (ARRAY[
							'queued', 'running', 'succeeded', 'failed', 'cancelled',
							'rolled_back', 'held'])),
	attempts			integer NOT NULL DEFAULT 0,
	next_attempt_at		timestamptz NOT NULL,
	lease_until			timestamptz,
	claimed_by			bigint,
	caller_xid			xid8,
	caller_top_xid		xid8,
	caller_settings		jsonb,
	on_rollback			text,
	requested_by		regrole NOT NULL,
	requested_at		timestamptz NOT NULL,
	started_at			timestamptz,
	answered_at			timestamptz,
	undone_at			timestamptz,
	finished_at			timestamptz,
	status				text,
	error_code			text,
	error_message		text,
	aws_request_id		text,
	home				bigint NOT NULL DEFAULT @extschema@.glue_home(),
	cluster				bigint NOT NULL
							DEFAULT (pg_catalog.pg_control_system()).system_identifier,
	server_oid			oid NOT NULL DEFAULT 0,
	server_owner		regrole,
	target_fingerprint	bytea NOT NULL DEFAULT '',
	answer				jsonb,
	endpoint			text NOT NULL DEFAULT '',
	account_id			text,
	call_timeout		integer,
	aws_sent_at			timestamptz,
	aws_ended_at		timestamptz,
	aws_settled_at		timestamptz,
	provision_id		bigint,
	failed_at			timestamptz,
	PRIMARY KEY (id, home)
)
WITH (
	fillfactor = 45,
	autovacuum_vacuum_threshold = 1000,
	autovacuum_vacuum_scale_factor = 0.01,
	autovacuum_analyze_threshold = 1000,
	autovacuum_analyze_scale_factor = 0.05
);

CREATE INDEX glue_request_open
	ON @extschema@.glue_request (home, id)
	WHERE finished_at IS NULL AND caller_xid IS NULL;
CREATE INDEX glue_request_open_connection
	ON @extschema@.glue_request (connection_name, id)
	WHERE finished_at IS NULL;
CREATE INDEX glue_request_immediate
	ON @extschema@.glue_request (home, id)
	WHERE finished_at IS NULL AND caller_xid IS NOT NULL;
CREATE INDEX glue_request_finished
	ON @extschema@.glue_request (finished_at)
	WHERE finished_at IS NOT NULL;
CREATE INDEX glue_request_evidence
	ON @extschema@.glue_request (connection_name, finished_at)
	WHERE finished_at IS NOT NULL;

COMMENT ON TABLE glue_request IS
	'requests to AWS Glue that are carried out after commit, and the intents of calls that act at once; never dumped, so that a restored database repeats none of them';
COMMENT ON SEQUENCE glue_request_id_seq IS
	'IDs of requests';
COMMENT ON COLUMN glue_request.id IS
	'ID of the request; requests for one connection are carried out in this order';
COMMENT ON COLUMN glue_request.operation IS
	'operation: CreateConnection, UpdateConnection, DeleteConnection, TagResource or UntagResource; or ReleaseConnection, which sends nothing: a row has released the name, and the connection is kept';
COMMENT ON COLUMN glue_request.connection_name IS
	'name of the connection';
COMMENT ON COLUMN glue_request.server IS
	'foreign server that names the account; null for the default one';
COMMENT ON COLUMN glue_request.region IS
	'AWS region, as it was when the request was made';
COMMENT ON COLUMN glue_request.catalog_id IS
	'Data Catalog; null for that of the caller''s account';
COMMENT ON COLUMN glue_request.input IS
	'ConnectionInput, with secrets replaced by "********"; null for a deletion';
COMMENT ON COLUMN glue_request.tags IS
	'tags of the connection';
COMMENT ON COLUMN glue_request.on_conflict IS
	'action if a connection that is to be created exists: error, adopt or update';
COMMENT ON COLUMN glue_request.on_missing IS
	'action if a connection that is to be updated or deleted does not exist: error, create or ignore';
COMMENT ON COLUMN glue_request.has_secrets IS
	'true if the ConnectionInput holds secrets, or did; as long as they are needed, they are sealed in glue_request_secret';
COMMENT ON COLUMN glue_request.state IS
	'queued, running, succeeded, failed, cancelled, rolled_back or held (of another database); for a call that acts at once, running: its transaction has not ended, and queued: the call is to be undone';
COMMENT ON COLUMN glue_request.attempts IS
	'number of attempts';
COMMENT ON COLUMN glue_request.next_attempt_at IS
	'time of the first attempt, or of the next one';
COMMENT ON COLUMN glue_request.lease_until IS
	'time by which the process that carries the request out should have updated it';
COMMENT ON COLUMN glue_request.claimed_by IS
	'number of the process that carries the request out, or did so last';
COMMENT ON COLUMN glue_request.caller_xid IS
	'for a call that acts at once: the transaction or subtransaction whose outcome decides about it';
COMMENT ON COLUMN glue_request.caller_top_xid IS
	'top-level transaction of caller_xid';
COMMENT ON COLUMN glue_request.caller_settings IS
	'settings of the session that select the target; null if they are those of the server or the database';
COMMENT ON COLUMN glue_request.on_rollback IS
	'action if the transaction that created the connection is rolled back: delete or keep; null if the call cannot have created it, or after the action';
COMMENT ON COLUMN glue_request.requested_by IS
	'role that made the request, and as which it is carried out';
COMMENT ON COLUMN glue_request.requested_at IS
	'time when the request was made';
COMMENT ON COLUMN glue_request.started_at IS
	'time of the first attempt; for a call that was rolled back, of the first attempt to undo it';
COMMENT ON COLUMN glue_request.answered_at IS
	'time when AWS Glue answered a call that acts at once; null if that is not known';
COMMENT ON COLUMN glue_request.undone_at IS
	'time when a call that was rolled back was undone, if the result could not be recorded then, because other calls for the same connection had not ended; null otherwise';
COMMENT ON COLUMN glue_request.finished_at IS
	'time when the request succeeded, failed, was cancelled or was resolved after a rollback; null until then';
COMMENT ON COLUMN glue_request.status IS
	'status of the connection: READY, IN_PROGRESS or FAILED';
COMMENT ON COLUMN glue_request.error_code IS
	'name of the exception or SQLSTATE of the last failure; for a call that was rolled back, Kept, NotUndone, NotOurs or NotKnown if a change is left, or else null';
COMMENT ON COLUMN glue_request.error_message IS
	'message of the last failure, remark about a success, or state after a rollback; without secrets';
COMMENT ON COLUMN glue_request.aws_request_id IS
	'AWS''s ID of the last attempt';
COMMENT ON COLUMN glue_request.home IS
	'glue_home() of the database in which the request was made; requests of another home are held';
COMMENT ON COLUMN glue_request.cluster IS
	'system identifier of the cluster that server_oid belongs to';
COMMENT ON COLUMN glue_request.server_oid IS
	'OID of the foreign server, which may have been renamed since; 0 without one';
COMMENT ON COLUMN glue_request.server_owner IS
	'owner of the foreign server when the request was made; null without one';
COMMENT ON COLUMN glue_request.target_fingerprint IS
	'hash of the endpoint and of the source of credentials, with the access key if there are secrets; the request waits while the hash of the target differs';
COMMENT ON COLUMN glue_request.answer IS
	'answer of AWS Glue, without secrets, if it could not be recorded in glue_connection yet: the next attempt records it';
COMMENT ON COLUMN glue_request.endpoint IS
	'scheme, host and port of the endpoint; empty for AWS itself';
COMMENT ON COLUMN glue_request.account_id IS
	'AWS account of the credentials, and so the catalog if none was named; null until it is known, which is before anything is sent';
COMMENT ON COLUMN glue_request.call_timeout IS
	'for a call that acts at once: timeout of an attempt, in milliseconds';
COMMENT ON COLUMN glue_request.aws_sent_at IS
	'for a call that acts at once: a time shortly before it was sent, by AWS''s clock; null if that is not known';
COMMENT ON COLUMN glue_request.aws_ended_at IS
	'time when the call had ended, by AWS''s clock and to a few seconds; null if that is not known';
COMMENT ON COLUMN glue_request.aws_settled_at IS
	'time after which no message of the request can arrive any more, by AWS''s clock; null if the call was answered, or its undo has not begun, and infinity if another message was sent since';
COMMENT ON COLUMN glue_request.provision_id IS
	'entry of glue_provision that the request is for, or -1 after glue_take_over_requests(); null if the request does not come from glue_provision_connection()';
COMMENT ON COLUMN glue_request.failed_at IS
	'time when error_code was set';

--
-- glue_claimant
--
-- The processes that carry out requests.  Each holds a lock until it exits;
-- the requests of exited processes are put back into the queue.
--
CREATE TABLE @extschema@.glue_claimant (
	claimant	bigint PRIMARY KEY
);

COMMENT ON TABLE glue_claimant IS
	'processes that carry out requests, or did so when they exited; never dumped';
COMMENT ON COLUMN glue_claimant.claimant IS
	'claimed_by of their requests';

-- a role may see the requests of roles whose privileges it has; only the
-- extension writes
ALTER TABLE @extschema@.glue_request ENABLE ROW LEVEL SECURITY;

CREATE POLICY glue_request_own ON @extschema@.glue_request
	FOR SELECT
	USING (pg_catalog.pg_has_role(requested_by, 'USAGE'));

COMMENT ON POLICY glue_request_own ON glue_request IS
	'a role sees its own requests, and those of roles whose privileges it has';

GRANT SELECT ON @extschema@.glue_request TO PUBLIC;

--
-- glue_request_secret
--
-- The secrets of requests that wait.  No role has privileges here, and row
-- security without a policy shows the rows only to the owner, even after a
-- GRANT on all tables.
--
CREATE TABLE @extschema@.glue_request_secret (
	request		bigint NOT NULL,
	sealed		bytea NOT NULL,
	home		bigint NOT NULL DEFAULT @extschema@.glue_home(),
	role		oid NOT NULL DEFAULT 0,
	PRIMARY KEY (request, home)
)
WITH (
	autovacuum_vacuum_threshold = 1000,
	autovacuum_vacuum_scale_factor = 0.01
);

COMMENT ON TABLE glue_request_secret IS
	'sealed secrets of requests that have not ended; never dumped';
COMMENT ON COLUMN glue_request_secret.request IS
	'ID of the request';
COMMENT ON COLUMN glue_request_secret.sealed IS
	'the ConnectionInput with its secrets, encrypted; erased when the request ends';
COMMENT ON COLUMN glue_request_secret.home IS
	'home of the request';
COMMENT ON COLUMN glue_request_secret.role IS
	'OID of the role requested_by in the cluster where they were sealed; logical replication copies roles by name, and this number unchanged';

ALTER TABLE @extschema@.glue_request_secret ENABLE ROW LEVEL SECURITY;
-- statistics hold samples of the column, and more roles can read them
ALTER TABLE @extschema@.glue_request_secret ALTER COLUMN sealed SET STATISTICS 0;
ALTER TABLE @extschema@.glue_claimant ENABLE ROW LEVEL SECURITY;

--
-- glue_provision
--
-- The names that rows of tables with glue_provision_connection() hold, and the
-- connections that they own.  No role has privileges here: the view below
-- shows a role its own entries.  The first index prevents two rows from
-- holding one name; the second one prevents two rows from owning one
-- connection by two servers that lead to the same account.
--
CREATE TABLE @extschema@.glue_provision (
	id			bigint GENERATED ALWAYS AS IDENTITY,
	home		bigint NOT NULL DEFAULT @extschema@.glue_home(),
	relation	oid NOT NULL,
	server		name NOT NULL,
	region		text NOT NULL,
	catalog_id	text NOT NULL,
	name		text NOT NULL,
	released	boolean NOT NULL DEFAULT false,
	owned		boolean NOT NULL DEFAULT false,
	made_from	timestamptz,
	made_until	timestamptz,
	endpoint	text,
	account		text,
	since		timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	PRIMARY KEY (id, home)
)
WITH (
	fillfactor = 70,
	autovacuum_vacuum_threshold = 1000,
	autovacuum_vacuum_scale_factor = 0.01
);

CREATE UNIQUE INDEX glue_provision_name
	ON @extschema@.glue_provision (name, home, server, region, catalog_id)
	WHERE NOT released;
CREATE UNIQUE INDEX glue_provision_owned
	ON @extschema@.glue_provision (name, home, endpoint, account, region)
	WHERE owned;

COMMENT ON TABLE glue_provision IS
	'names that rows of provisioning tables hold, and the connections that they own; never dumped, so that a restored database owns nothing';
COMMENT ON SEQUENCE glue_provision_id_seq IS
	'IDs of entries';
COMMENT ON COLUMN glue_provision.id IS
	'ID of the entry, by which requests refer to it';
COMMENT ON COLUMN glue_provision.home IS
	'glue_home() of the database that the row is in; entries of another home are ignored';
COMMENT ON COLUMN glue_provision.relation IS
	'OID of the table; of partitions, that of the topmost table with the trigger';
COMMENT ON COLUMN glue_provision.server IS
	'foreign server that the trigger names; empty without one';
COMMENT ON COLUMN glue_provision.region IS
	'AWS region, as it was when the row was written';
COMMENT ON COLUMN glue_provision.catalog_id IS
	'Data Catalog that was named; empty for that of the account';
COMMENT ON COLUMN glue_provision.name IS
	'name of the connection';
COMMENT ON COLUMN glue_provision.released IS
	'no row holds the name by this entry any more; the entry is kept until the connection is deleted, or all earlier requests have ended';
COMMENT ON COLUMN glue_provision.owned IS
	'true if the connection was created or adopted for the row; no other connection is updated or deleted for it';
COMMENT ON COLUMN glue_provision.made_from IS
	'earliest time at which AWS Glue can have created the owned connection, by AWS''s clock; one that was created at another time is not owned';
COMMENT ON COLUMN glue_provision.made_until IS
	'latest time, likewise; the same time if the connection was read; if both are infinite, it is not known whether it was created';
COMMENT ON COLUMN glue_provision.endpoint IS
	'scheme, host and port of the endpoint of the owned connection; empty for AWS itself';
COMMENT ON COLUMN glue_provision.account IS
	'Data Catalog of the owned connection; usually an account';
COMMENT ON COLUMN glue_provision.since IS
	'time when the row claimed the name';

ALTER TABLE @extschema@.glue_provision ENABLE ROW LEVEL SECURITY;

--
-- glue_provision_summary
--
-- The names that the rows of a role's tables hold, and the states of their last
-- requests.  An open request is later than one that has ended.
--
CREATE VIEW @extschema@.glue_provision_summary WITH (security_barrier = true) AS
	SELECT
		p.relation::pg_catalog.regclass AS relation,
		CASE WHEN p.server OPERATOR(pg_catalog.<>) '' THEN
				p.server::pg_catalog.text OPERATOR(pg_catalog.||) '/' ELSE '' END
			OPERATOR(pg_catalog.||) p.region
			OPERATOR(pg_catalog.||)
				CASE WHEN p.catalog_id OPERATOR(pg_catalog.<>) '' THEN
				'/' OPERATOR(pg_catalog.||) p.catalog_id ELSE '' END AS target,
		p.name,
		p.owned,
		p.since::pg_catalog.timestamptz(0) AS since,
		coalesce(
			(SELECT r.state FROM @extschema@.glue_request r
				WHERE r.connection_name OPERATOR(pg_catalog.=) p.name
					AND r.provision_id OPERATOR(pg_catalog.=) p.id
					AND r.home OPERATOR(pg_catalog.=) p.home
					AND r.finished_at IS NULL
				ORDER BY r.id DESC LIMIT 1),
			(SELECT r.state FROM @extschema@.glue_request r
				WHERE r.connection_name OPERATOR(pg_catalog.=) p.name
					AND r.provision_id OPERATOR(pg_catalog.=) p.id
					AND r.home OPERATOR(pg_catalog.=) p.home
					AND r.finished_at IS NOT NULL
				ORDER BY r.finished_at DESC LIMIT 1)) AS request_state
	FROM @extschema@.glue_provision p
		JOIN pg_catalog.pg_class c
			ON c.oid OPERATOR(pg_catalog.=) p.relation
	WHERE NOT p.released
		AND p.home OPERATOR(pg_catalog.=) (SELECT @extschema@.glue_home())
		AND pg_catalog.pg_has_role(c.relowner, 'USAGE')
	ORDER BY p.relation, p.server, p.region, p.catalog_id, p.name;

COMMENT ON VIEW glue_provision_summary IS
	'names that the rows of one''s own tables hold, and the ownership of their connections';
COMMENT ON COLUMN glue_provision_summary.relation IS
	'the table';
COMMENT ON COLUMN glue_provision_summary.target IS
	'foreign server, region and catalog, as far as they were named';
COMMENT ON COLUMN glue_provision_summary.name IS
	'name of the connection';
COMMENT ON COLUMN glue_provision_summary.owned IS
	'true if the connection was created or adopted for the row';
COMMENT ON COLUMN glue_provision_summary.since IS
	'time when the row claimed the name';
COMMENT ON COLUMN glue_provision_summary.request_state IS
	'state of the last request for the row; null if it is not kept any more';

GRANT SELECT ON @extschema@.glue_provision_summary TO PUBLIC;

--
-- glue_request_summary
--
-- The figures of the queue, target by target.  A role sees the figures of its own
-- requests, and a member of pg_monitor those of all roles.  There is a row for each
-- foreign server and for the target of the settings, even without any request.
--
CREATE FUNCTION glue_waits_for(error_code text)
RETURNS text
AS 'MODULE_PATHNAME', 'glue_waits_for'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION glue_waits_for(text) IS
	'obstacle of a request that an error has put off: credentials, key or target; null if it only waits for its next attempt';

CREATE VIEW @extschema@.glue_request_summary WITH (security_barrier = true) AS
	WITH request AS (
		SELECT
			r.server, r.region, r.catalog_id, r.requested_at, r.next_attempt_at,
			r.finished_at, r.status, r.error_code, r.error_message, r.failed_at,
			CASE WHEN r.finished_at IS NULL AND r.home OPERATOR(pg_catalog.<>)
				(SELECT @extschema@.glue_home()) THEN 'held'
				ELSE r.state END AS state,
			r.finished_at OPERATOR(pg_catalog.>)
				(pg_catalog.statement_timestamp() OPERATOR(pg_catalog.-)
				pg_catalog.make_interval(hours => 1)) AS lately
		FROM @extschema@.glue_request r
		WHERE (SELECT pg_catalog.pg_has_role('pg_monitor'::pg_catalog.name,
				'USAGE'))
			OR pg_catalog.pg_has_role(r.requested_by, 'USAGE')
	), figures AS (
		SELECT
			r.server, r.region, r.catalog_id,
			pg_catalog.count(*)
				FILTER (WHERE r.state OPERATOR(pg_catalog.=) 'queued') AS queued,
			pg_catalog.count(*)
				FILTER (WHERE r.state OPERATOR(pg_catalog.=) 'queued'
				AND r.error_code IS NOT NULL) AS put_off,
			pg_catalog.count(*)
				FILTER (WHERE r.state OPERATOR(pg_catalog.=) 'queued'
				AND @extschema@.glue_waits_for(r.error_code)
					OPERATOR(pg_catalog.=) 'key') AS without_key,
			pg_catalog.count(*)
				FILTER (WHERE r.state OPERATOR(pg_catalog.=) 'queued'
				AND @extschema@.glue_waits_for(r.error_code)
					OPERATOR(pg_catalog.=) 'credentials') AS without_credentials,
			pg_catalog.count(*)
				FILTER (WHERE r.state OPERATOR(pg_catalog.=) 'queued'
				AND r.status OPERATOR(pg_catalog.=) 'IN_PROGRESS') AS in_progress,
			pg_catalog.count(*)
				FILTER (WHERE r.state OPERATOR(pg_catalog.=) 'running') AS running,
			pg_catalog.count(*)
				FILTER (WHERE r.state OPERATOR(pg_catalog.=) 'succeeded') AS succeeded,
			pg_catalog.count(*)
				FILTER (WHERE r.state OPERATOR(pg_catalog.=) 'failed') AS failed,
			pg_catalog.count(*)
				FILTER (WHERE r.state OPERATOR(pg_catalog.=) 'cancelled') AS cancelled,
			pg_catalog.count(*)
				FILTER (WHERE r.state OPERATOR(pg_catalog.=) 'rolled_back') AS rolled_back,
			pg_catalog.count(*)
				FILTER (WHERE r.state OPERATOR(pg_catalog.=) 'held') AS held,
			pg_catalog.count(*)
				FILTER (WHERE r.state OPERATOR(pg_catalog.=) 'succeeded' AND r.lately) AS succeeded_last_hour,
			pg_catalog.count(*)
				FILTER (WHERE r.state OPERATOR(pg_catalog.=) 'failed' AND r.lately) AS failed_last_hour,
			pg_catalog.min(r.requested_at)
				FILTER (WHERE r.finished_at IS NULL
				AND r.state OPERATOR(pg_catalog.<>) 'held') AS oldest,
			pg_catalog.min(r.next_attempt_at)
				FILTER (WHERE r.state OPERATOR(pg_catalog.=) 'queued')
				AS next_attempt,
			-- the latest one is the largest, and needs no sort of all of them
			(pg_catalog.max(ARRAY[coalesce(pg_catalog.to_char(
				pg_catalog.timezone('UTC', r.failed_at), 'YYYYMMDDHH24MISSUS'), ''),
				r.error_message])
				FILTER (WHERE r.error_code IS NOT NULL))[2] AS last_error,
			pg_catalog.max(r.failed_at)
				FILTER (WHERE r.error_code IS NOT NULL) AS last_error_at
		FROM request r
		GROUP BY r.server, r.region, r.catalog_id
	), place (server, region, catalog_id) AS (
		SELECT NULL::pg_catalog.name,
			CASE WHEN pg_catalog.current_setting('glue_conn.region', true)
				OPERATOR(pg_catalog.<>) ''
				THEN pg_catalog.current_setting('glue_conn.region', true)
				ELSE 'default' END,
			NULL::pg_catalog.text
		UNION ALL
		SELECT s.srvname, coalesce(
			(SELECT o.option_value
				FROM pg_catalog.pg_options_to_table(s.srvoptions) o
				WHERE o.option_name OPERATOR(pg_catalog.=) 'region'), 'default'),
			(SELECT o.option_value
				FROM pg_catalog.pg_options_to_table(s.srvoptions) o
				WHERE o.option_name OPERATOR(pg_catalog.=) 'catalog_id')
		FROM pg_catalog.pg_foreign_server s
			JOIN pg_catalog.pg_foreign_data_wrapper w
				ON w.oid OPERATOR(pg_catalog.=) s.srvfdw
		WHERE w.fdwname OPERATOR(pg_catalog.=) 'glue_conn'
	), target AS (
		SELECT * FROM figures
		UNION ALL
		SELECT p.server, p.region, p.catalog_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
			NULL, NULL, NULL, NULL
		FROM place p
		WHERE NOT EXISTS (SELECT FROM figures f
			WHERE coalesce(f.server::pg_catalog.text, '')
				OPERATOR(pg_catalog.=) coalesce(p.server::pg_catalog.text, ''))
	)
	SELECT
		coalesce(t.server::pg_catalog.text OPERATOR(pg_catalog.||) '/', '')
			OPERATOR(pg_catalog.||) t.region
			OPERATOR(pg_catalog.||)
				coalesce('/' OPERATOR(pg_catalog.||) t.catalog_id, '') AS target,
		t.queued, t.put_off, t.without_key, t.without_credentials, t.in_progress,
		t.running, t.succeeded, t.failed, t.cancelled, t.rolled_back, t.held,
		t.succeeded_last_hour, t.failed_last_hour,
		t.oldest::pg_catalog.timestamptz(0) AS oldest,
		t.next_attempt::pg_catalog.timestamptz(0) AS next_attempt,
		t.last_error,
		t.last_error_at::pg_catalog.timestamptz(0) AS last_error_at
	FROM target t
	ORDER BY t.server, t.region, t.catalog_id;

COMMENT ON VIEW glue_request_summary IS
	'numbers of requests for each target, by state, and the last error; of one''s own requests, or of all for pg_monitor';
COMMENT ON COLUMN glue_request_summary.target IS
	'foreign server, region and catalog, as far as they were named; "default" for a region that no setting or option names';
COMMENT ON COLUMN glue_request_summary.queued IS
	'requests that wait, including those of the next four columns';
COMMENT ON COLUMN glue_request_summary.put_off IS
	'requests that have failed and will be retried';
COMMENT ON COLUMN glue_request_summary.without_key IS
	'those of them that wait for the key of secrets';
COMMENT ON COLUMN glue_request_summary.without_credentials IS
	'those of them that wait for credentials, or for permissions';
COMMENT ON COLUMN glue_request_summary.in_progress IS
	'requests whose connection was made and is not ready yet';
COMMENT ON COLUMN glue_request_summary.running IS
	'requests that are being carried out';
COMMENT ON COLUMN glue_request_summary.succeeded IS
	'requests that have succeeded, as far as they are still kept';
COMMENT ON COLUMN glue_request_summary.failed IS
	'requests that have failed permanently, as far as they are still kept';
COMMENT ON COLUMN glue_request_summary.cancelled IS
	'requests that were cancelled, as far as they are still kept';
COMMENT ON COLUMN glue_request_summary.rolled_back IS
	'calls that acted at once and were rolled back, as far as they are still kept';
COMMENT ON COLUMN glue_request_summary.held IS
	'requests of another database, of which this one is a copy: see glue_take_over_requests()';
COMMENT ON COLUMN glue_request_summary.succeeded_last_hour IS
	'requests that have succeeded within the last hour';
COMMENT ON COLUMN glue_request_summary.failed_last_hour IS
	'requests that have failed permanently within the last hour';
COMMENT ON COLUMN glue_request_summary.oldest IS
	'time when the oldest open request was made, without those that are held';
COMMENT ON COLUMN glue_request_summary.next_attempt IS
	'time when the next queued request is due';
COMMENT ON COLUMN glue_request_summary.last_error IS
	'the latest failure, of an attempt or of a request, without secrets';
COMMENT ON COLUMN glue_request_summary.last_error_at IS
	'time of last_error';

GRANT SELECT ON @extschema@.glue_request_summary TO PUBLIC;

--
-- glue_worker_summary
--
-- The background workers of the whole server.
--
CREATE VIEW @extschema@.glue_worker_summary AS
	SELECT
		a.pid,
		pg_catalog.substr(a.backend_type, 11) AS kind,
		a.datname AS database,
		a.state,
		a.wait_event,
		a.backend_start::pg_catalog.timestamptz(0) AS started
	FROM pg_catalog.pg_stat_activity a
	WHERE a.backend_type OPERATOR(pg_catalog.=) ANY (ARRAY[
		'glue_conn launcher', 'glue_conn worker', 'glue_conn journal worker'])
	ORDER BY a.backend_start;

COMMENT ON VIEW glue_worker_summary IS
	'background workers of glue_conn; none at all without the library preloaded';
COMMENT ON COLUMN glue_worker_summary.pid IS
	'process ID';
COMMENT ON COLUMN glue_worker_summary.kind IS
	'launcher: starts the others; worker: carries out the requests of one database; journal worker: records calls of one database before they are made';
COMMENT ON COLUMN glue_worker_summary.database IS
	'database of a worker';
COMMENT ON COLUMN glue_worker_summary.state IS
	'active, or idle and about to exit';
COMMENT ON COLUMN glue_worker_summary.wait_event IS
	'wait event of the process';
COMMENT ON COLUMN glue_worker_summary.started IS
	'time when the process was started';

GRANT SELECT ON @extschema@.glue_worker_summary TO PUBLIC;

--
-- glue_rate_limit
--
-- The rates of requests that AWS accepts, as far as they are known.  The view
-- shows the targets of all roles, so only roles that may see the activity of
-- others may read it.
--
CREATE FUNCTION glue_rates()
RETURNS TABLE (target text, operation text, requests_per_second float8,
	tokens float8, throttled integer, waiting integer, own boolean)
AS 'MODULE_PATHNAME', 'glue_rates'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_rates() IS
	'rows of the view glue_rate_limit';

REVOKE ALL ON FUNCTION glue_rates() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION glue_rates() TO pg_monitor;

CREATE VIEW @extschema@.glue_rate_limit AS
	SELECT r.target, r.operation, r.requests_per_second, r.tokens, r.throttled,
		r.waiting, r.own
	FROM @extschema@.glue_rates() r
	ORDER BY r.target, r.operation, r.own;

COMMENT ON VIEW glue_rate_limit IS
	'rates of requests that AWS accepts; of this session alone without the library preloaded';
COMMENT ON COLUMN glue_rate_limit.target IS
	'endpoint, and the account, or else the end of the access key';
COMMENT ON COLUMN glue_rate_limit.operation IS
	'operation of AWS, each of which has a limit of its own';
COMMENT ON COLUMN glue_rate_limit.requests_per_second IS
	'highest rate at which requests are sent now; null if no limit is known';
COMMENT ON COLUMN glue_rate_limit.tokens IS
	'requests that can be sent at once; null if no limit is known';
COMMENT ON COLUMN glue_rate_limit.throttled IS
	'requests that AWS throttled in the last minute';
COMMENT ON COLUMN glue_rate_limit.waiting IS
	'calls that wait because of the limit';
COMMENT ON COLUMN glue_rate_limit.own IS
	'true: a limit of our own, max_requests_per_second, besides that of AWS';

GRANT SELECT ON @extschema@.glue_rate_limit TO pg_monitor;

--
-- glue_stat_calls
--
-- Statistics of calls of AWS.  The view shows the activity of all roles, so
-- only roles that may see that may read it.
--
CREATE FUNCTION glue_call_figures()
RETURNS TABLE (target text, operation text, calls bigint, attempts bigint,
	throttled bigint, refused bigint, failed bigint, lost bigint, unknown bigint,
	read_back bigint, total_time float8, max_time float8, bounds float8[],
	histogram bigint[], since timestamptz)
AS 'MODULE_PATHNAME', 'glue_call_figures'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_call_figures() IS
	'rows of the view glue_stat_calls';

REVOKE ALL ON FUNCTION glue_call_figures() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION glue_call_figures() TO pg_monitor;

CREATE VIEW @extschema@.glue_stat_calls AS
	SELECT c.target, c.operation, c.calls, c.attempts, c.throttled, c.refused,
		c.failed, c.lost, c.unknown, c.read_back, c.total_time, c.max_time,
		c.bounds, c.histogram, c.since
	FROM @extschema@.glue_call_figures() c
	ORDER BY c.target, c.operation;

COMMENT ON VIEW glue_stat_calls IS
	'statistics of calls of AWS since the last glue_stat_reset(); of this session alone without the library preloaded';
COMMENT ON COLUMN glue_stat_calls.target IS
	'as in glue_rate_limit: endpoint, and the account, or else the end of the access key; "other" for all that there is no room for';
COMMENT ON COLUMN glue_stat_calls.operation IS
	'operation of AWS, or "other"';
COMMENT ON COLUMN glue_stat_calls.calls IS
	'calls that have ended, or were abandoned after a request was sent';
COMMENT ON COLUMN glue_stat_calls.attempts IS
	'requests that were sent for them';
COMMENT ON COLUMN glue_stat_calls.throttled IS
	'attempts that AWS throttled';
COMMENT ON COLUMN glue_stat_calls.refused IS
	'calls that AWS has answered with an exception, such as EntityNotFoundException or AccessDeniedException';
COMMENT ON COLUMN glue_stat_calls.failed IS
	'calls that have ended without a usable answer: not reached, timed out, broken service, throttled for too long, cancelled';
COMMENT ON COLUMN glue_stat_calls.lost IS
	'calls with an attempt whose answer was lost';
COMMENT ON COLUMN glue_stat_calls.unknown IS
	'calls that have failed, and may have been carried out';
COMMENT ON COLUMN glue_stat_calls.read_back IS
	'calls whose answer was lost, and whose result was found by reading the connection back';
COMMENT ON COLUMN glue_stat_calls.total_time IS
	'total time of the calls, in seconds, including the wait for the rate limit, retries and reading back';
COMMENT ON COLUMN glue_stat_calls.max_time IS
	'time of the longest call, in seconds';
COMMENT ON COLUMN glue_stat_calls.bounds IS
	'bounds of the histogram, in seconds; always the same';
COMMENT ON COLUMN glue_stat_calls.histogram IS
	'for each of the bounds, the number of calls that took no longer; the rest of the calls took longer than the last bound';
COMMENT ON COLUMN glue_stat_calls.since IS
	'time when the first of the calls ended';

GRANT SELECT ON @extschema@.glue_stat_calls TO pg_monitor;

CREATE FUNCTION glue_stat_reset() RETURNS void
AS 'MODULE_PATHNAME', 'glue_stat_reset'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_stat_reset() IS
	'reset the statistics of glue_stat_calls';

REVOKE ALL ON FUNCTION glue_stat_reset() FROM PUBLIC;

--
-- glue_activity
--
-- Open requests and calls, and the reason of each wait.  The functions return
-- the state in shared memory, as far as the current user may see it.
--
CREATE FUNCTION glue_calls()
RETURNS TABLE (request bigint, operation text, connection_name text, target text,
	role regrole, pid integer, waiting_for text, since timestamptz,
	attempts integer)
AS 'MODULE_PATHNAME', 'glue_calls'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_calls() IS
	'calls in progress, or about to begin, of roles whose privileges the user has, or all for pg_monitor: a part of the view glue_activity';

CREATE FUNCTION glue_worker_obstacle()
RETURNS text
AS 'MODULE_PATHNAME', 'glue_worker_obstacle'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_worker_obstacle() IS
	'action that gives this database a background worker; null if it has one, or will have one';

CREATE FUNCTION glue_lock_key(endpoint text, region text, catalog_id text, name text)
RETURNS bigint
AS 'MODULE_PATHNAME', 'glue_lock_key'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION glue_lock_key(text, text, text, text) IS
	'key in pg_locks of the lock on the name of a connection; without a name, of the lock on all names of a target';

CREATE VIEW @extschema@.glue_activity WITH (security_barrier = true) AS
	WITH locks AS MATERIALIZED (
		-- objsubid: 3 a name of a connection, 6 all names of a target, 4 a claimant
		SELECT
			l.pid,
			CASE WHEN l.locktype OPERATOR(pg_catalog.=) 'advisory'
				THEN l.objsubid ELSE 0 END AS kind,
			(pg_catalog.int8(l.classid) OPERATOR(pg_catalog.<<) 32)
				OPERATOR(pg_catalog.|) pg_catalog.int8(l.objid) AS key,
			l.transactionid AS xid,
			l.mode
		FROM pg_catalog.pg_locks l
		WHERE l.granted AND l.pid IS NOT NULL
			AND ((l.locktype OPERATOR(pg_catalog.=) 'transactionid'
					AND l.mode OPERATOR(pg_catalog.=) 'ExclusiveLock')
				OR (l.locktype OPERATOR(pg_catalog.=) 'advisory'
					AND l.objsubid OPERATOR(pg_catalog.=) ANY (ARRAY[3, 4, 6])
					AND l.database OPERATOR(pg_catalog.=)
						(SELECT d.oid FROM pg_catalog.pg_database d
						WHERE d.datname OPERATOR(pg_catalog.=)
							pg_catalog.current_database())))
	), calls AS MATERIALIZED (
		SELECT * FROM @extschema@.glue_calls()
	), service AS MATERIALIZED (
		SELECT
			@extschema@.glue_home() AS home,
			CASE WHEN NOT EXISTS (SELECT FROM locks l
				WHERE l.kind OPERATOR(pg_catalog.=) 4)
				THEN @extschema@.glue_worker_obstacle() END AS obstacle,
			pg_catalog.clock_timestamp() AS now
	), blocked AS MATERIALIZED (
		-- targets that are blocked because one of their requests lacks credentials
		SELECT
			coalesce(r.server::pg_catalog.text OPERATOR(pg_catalog.||) '/', '')
				OPERATOR(pg_catalog.||) r.region OPERATOR(pg_catalog.||)
				coalesce('/' OPERATOR(pg_catalog.||) r.catalog_id, '') AS target,
			r.requested_by
		FROM @extschema@.glue_request r CROSS JOIN service s
		WHERE r.finished_at IS NULL
			AND r.state OPERATOR(pg_catalog.=) 'queued'
			AND r.home OPERATOR(pg_catalog.=) s.home
			AND r.next_attempt_at OPERATOR(pg_catalog.>) s.now
			AND @extschema@.glue_waits_for(r.error_code)
				OPERATOR(pg_catalog.=) 'credentials'
	)
	SELECT a.id, a.operation, a.connection_name, a.target, a.role, a.pid, a.state,
		a.waiting_for, a.blocked_by, a.since, a.attempts, a.last_error,
		CASE
			WHEN a.waiting_for OPERATOR(pg_catalog.=) 'held' THEN
				'Call glue_take_over_requests() to have it carried out here, or glue_drop_held_requests().'
			WHEN a.waiting_for OPERATOR(pg_catalog.=) 'no worker' THEN a.obstacle
			WHEN a.waiting_for OPERATOR(pg_catalog.=) 'lock' THEN
				pg_catalog.format('Have %s end its transaction, or end it with pg_terminate_backend().', coalesce(w.blockers, 'the session that has locked the connection'))
			WHEN a.waiting_for OPERATOR(pg_catalog.=) 'transaction' THEN
				pg_catalog.format('Have %s end its transaction, or end it with pg_terminate_backend().', coalesce(w.blockers, 'the session'))
			WHEN a.waiting_for OPERATOR(pg_catalog.=) 'request' THEN
				coalesce(pg_catalog.format('Look at request %s for the same connection, which comes before.',
					a.earlier::pg_catalog.text),
					'Look for the rolled-back request for the same connection.')
			WHEN a.waiting_for OPERATOR(pg_catalog.=) 'credentials'
				AND a.pid IS NOT NULL THEN
				'Wait: credentials are being fetched; if that takes long, check their source.'
			WHEN a.waiting_for OPERATOR(pg_catalog.=) 'credentials' THEN
				pg_catalog.concat('Correct the credentials or permissions, as the last error says', w.again)
			WHEN a.waiting_for OPERATOR(pg_catalog.=) 'key' THEN
				pg_catalog.concat('Put the key into the file that "glue_conn.secret_key_file" names', w.again)
			WHEN a.waiting_for OPERATOR(pg_catalog.=) 'target' THEN
				pg_catalog.format('Restore the target that the request was made for, or have the owner of the foreign server, or a superuser, call glue_retry_request(%s).', a.id::pg_catalog.text)
			WHEN a.waiting_for OPERATOR(pg_catalog.=) 'retry'
				AND a.pid IS NOT NULL THEN
				'Wait: the last attempt has failed, and a retry follows in a moment.'
			WHEN a.waiting_for OPERATOR(pg_catalog.=) 'retry' THEN
				pg_catalog.concat('Correct the cause of the last error, if there is one', w.again)
			WHEN a.waiting_for OPERATOR(pg_catalog.=) 'IN_PROGRESS' THEN
				'Wait: AWS Glue is creating the connection; its status is read regularly.'
			WHEN a.waiting_for OPERATOR(pg_catalog.=) 'rate limit' THEN
				'Wait: AWS limits the rate of requests; see glue_rate_limit.'
			WHEN a.waiting_for OPERATOR(pg_catalog.=) 'answer' THEN
				'Wait: a request was sent to AWS; "glue_conn.request_timeout" limits the wait.'
			ELSE 'Wait: it is carried out after other requests; glue_worker_summary shows the workers.'
		END AS what_to_do
	FROM (
		SELECT r.id, r.operation, r.connection_name, r.target, r.role, r.pid,
			r.state, r.waiting_for,
			CASE WHEN r.waiting_for OPERATOR(pg_catalog.=) 'lock' THEN r.holders
				WHEN r.waiting_for OPERATOR(pg_catalog.=)
					ANY (ARRAY['transaction', 'request'])
					AND r.other IS NOT NULL THEN ARRAY[r.other]
				ELSE ARRAY[]::pg_catalog.int4[] END AS blocked_by,
			r.since, r.attempts, r.last_error, r.earlier, r.next_attempt_at,
			r.obstacle
		FROM (
			SELECT
				o.id, o.operation, o.connection_name, o.target,
				o.requested_by AS role,
				worker.pid,
				CASE WHEN o.is_held THEN 'held' ELSE o.state END AS state,
				CASE
					WHEN o.is_held THEN 'held'
					WHEN c.waiting_for IS NOT NULL THEN c.waiting_for
					WHEN worker.pid IS NOT NULL AND o.is_call THEN 'transaction'
					WHEN worker.pid IS NOT NULL THEN coalesce(
						(SELECT pg_catalog.min(a.waiting_for) FROM calls a
							WHERE a.pid OPERATOR(pg_catalog.=) worker.pid
								AND a.target OPERATOR(pg_catalog.=) o.target
								AND a.waiting_for OPERATOR(pg_catalog.=)
									ANY (ARRAY['credentials', 'rate limit'])),
						CASE WHEN holder.pids IS NOT NULL THEN 'lock'
							ELSE 'turn' END)
					WHEN o.obstacle IS NOT NULL THEN 'no worker'
					WHEN o.is_put_off
						AND @extschema@.glue_waits_for(o.error_code) IS NOT NULL
						THEN @extschema@.glue_waits_for(o.error_code)
					WHEN o.status OPERATOR(pg_catalog.=) 'IN_PROGRESS'
						THEN 'IN_PROGRESS'
					WHEN o.is_put_off AND o.error_code IS NOT NULL THEN 'retry'
					WHEN earlier.is_call AND earlier.pid IS NOT NULL
						THEN 'transaction'
					WHEN earlier.id IS NOT NULL THEN 'request'
					WHEN holder.pids IS NOT NULL THEN 'lock'
					WHEN o.is_put_off THEN 'retry'
					WHEN EXISTS (SELECT FROM blocked b
						WHERE b.target OPERATOR(pg_catalog.=) o.target
							AND b.requested_by OPERATOR(pg_catalog.=) o.requested_by)
						THEN 'credentials'
					ELSE 'turn'
				END AS waiting_for,
				holder.pids AS holders,
				CASE WHEN o.is_call THEN worker.pid ELSE earlier.pid END AS other,
				earlier.id AS earlier,
				coalesce(c.since, o.requested_at) AS since,
				o.attempts,
				CASE WHEN o.error_code IS NOT NULL THEN o.error_message END
					AS last_error,
				CASE WHEN o.is_put_off AND worker.pid IS NULL
					THEN o.next_attempt_at END AS next_attempt_at,
				o.obstacle
			FROM (
					SELECT
						r.*,
						coalesce(r.server::pg_catalog.text OPERATOR(pg_catalog.||) '/', '')
							OPERATOR(pg_catalog.||) r.region OPERATOR(pg_catalog.||)
							coalesce('/' OPERATOR(pg_catalog.||) r.catalog_id, '') AS target,
						s.obstacle,
						r.home OPERATOR(pg_catalog.<>) s.home AS is_held,
						r.state OPERATOR(pg_catalog.=) 'running'
							AND r.claimed_by IS NULL AS is_call,
						r.next_attempt_at OPERATOR(pg_catalog.>) s.now AS is_put_off
					FROM @extschema@.glue_request r CROSS JOIN service s
					WHERE r.finished_at IS NULL
						AND (pg_catalog.pg_has_role(r.requested_by, 'USAGE')
							OR pg_catalog.pg_has_role('pg_monitor'::pg_catalog.name, 'USAGE'))
				) o
				LEFT JOIN LATERAL (
					-- the current call of its process
					SELECT a.waiting_for, a.since FROM calls a
					WHERE a.request OPERATOR(pg_catalog.=) o.id
					ORDER BY a.since DESC LIMIT 1) c ON NOT o.is_held
				LEFT JOIN LATERAL (
					-- that process
					SELECT l.pid FROM locks l
					WHERE CASE WHEN o.is_call
						THEN l.xid OPERATOR(pg_catalog.=)
							pg_catalog.xid(o.caller_top_xid)
						ELSE l.kind OPERATOR(pg_catalog.=) 4
							AND l.key OPERATOR(pg_catalog.=) o.claimed_by END
					LIMIT 1) worker
					ON o.state OPERATOR(pg_catalog.=) 'running' AND NOT o.is_held
				LEFT JOIN LATERAL (
					-- the sessions that have locked its connection
					SELECT pg_catalog.array_agg(DISTINCT l.pid) AS pids
					FROM locks l
					WHERE l.pid OPERATOR(pg_catalog.<>) coalesce(worker.pid, 0)
						AND CASE WHEN l.kind OPERATOR(pg_catalog.=) 3
							THEN l.key OPERATOR(pg_catalog.=)
								@extschema@.glue_lock_key(o.endpoint, o.region,
									coalesce(o.catalog_id, o.account_id),
									o.connection_name)
							ELSE l.kind OPERATOR(pg_catalog.=) 6
								AND l.mode OPERATOR(pg_catalog.=) 'ExclusiveLock'
								AND l.key OPERATOR(pg_catalog.=)
									@extschema@.glue_lock_key(o.endpoint, o.region,
										coalesce(o.catalog_id, o.account_id), NULL)
							END) holder ON NOT o.is_held
				LEFT JOIN LATERAL (
					-- the request before it for the same connection
					SELECT e.id, l.pid,
						e.state OPERATOR(pg_catalog.=) 'running'
							AND e.claimed_by IS NULL AS is_call
					FROM @extschema@.glue_request e
						LEFT JOIN locks l
							ON CASE WHEN e.claimed_by IS NULL
								THEN l.xid OPERATOR(pg_catalog.=)
									pg_catalog.xid(e.caller_top_xid)
								ELSE l.kind OPERATOR(pg_catalog.=) 4
									AND l.key OPERATOR(pg_catalog.=) e.claimed_by END
							AND e.state OPERATOR(pg_catalog.=) 'running'
					WHERE e.connection_name OPERATOR(pg_catalog.=) o.connection_name
						AND e.finished_at IS NULL
						AND e.home OPERATOR(pg_catalog.=) o.home
						AND e.region OPERATOR(pg_catalog.=) o.region
						AND e.endpoint OPERATOR(pg_catalog.=) o.endpoint
						AND coalesce(e.catalog_id, e.account_id, o.catalog_id, o.account_id, '')
							OPERATOR(pg_catalog.=)
							coalesce(o.catalog_id, o.account_id, e.catalog_id, e.account_id, '')
						AND e.id OPERATOR(pg_catalog.<>) o.id
						AND (e.state OPERATOR(pg_catalog.=) 'running'
							OR (e.id OPERATOR(pg_catalog.<) o.id
								AND o.caller_xid IS NULL))
					ORDER BY e.id LIMIT 1) earlier
					ON o.state OPERATOR(pg_catalog.=) 'queued' AND NOT o.is_held
			) r
		UNION ALL
		SELECT c.request, c.operation, c.connection_name, c.target, c.role, c.pid,
			'running', c.waiting_for,
			CASE WHEN c.waiting_for OPERATOR(pg_catalog.=) 'lock'
				THEN pg_catalog.pg_blocking_pids(c.pid)
				ELSE ARRAY[]::pg_catalog.int4[] END,
			c.since, c.attempts, NULL, NULL, NULL, NULL
		FROM calls c
		WHERE NOT EXISTS (SELECT FROM @extschema@.glue_request r
			WHERE r.id OPERATOR(pg_catalog.=) c.request
				AND r.finished_at IS NULL
				AND r.home OPERATOR(pg_catalog.=) (SELECT s.home FROM service s))
		) a
		CROSS JOIN LATERAL (SELECT
			(SELECT pg_catalog.string_agg(pg_catalog.format('process %s (role %s%s)',
				p.pid::pg_catalog.text, p.usename::pg_catalog.text,
				', since ' OPERATOR(pg_catalog.||)
					p.xact_start::pg_catalog.timestamptz(0)::pg_catalog.text),
				', ')
			FROM pg_catalog.pg_stat_activity p
			WHERE p.pid OPERATOR(pg_catalog.=) ANY (a.blocked_by)) AS blockers,
			CASE WHEN a.next_attempt_at IS NULL THEN '.' ELSE
				pg_catalog.format('; it is retried at %s, or at once after glue_retry_request(%s).',
					a.next_attempt_at::pg_catalog.timestamptz(0)::pg_catalog.text,
					a.id::pg_catalog.text) END AS again) w
	ORDER BY a.since, a.id;

COMMENT ON VIEW glue_activity IS
	'open requests, calls that act at once and other calls, and the reason of each wait; of roles whose privileges the user has, or all for pg_monitor';
COMMENT ON COLUMN glue_activity.id IS
	'ID of the request; null for a call without a request';
COMMENT ON COLUMN glue_activity.operation IS
	'operation; null while credentials are fetched for it';
COMMENT ON COLUMN glue_activity.connection_name IS
	'name of the connection; null for a call about none, or many';
COMMENT ON COLUMN glue_activity.target IS
	'foreign server, region and catalog, as far as they were named';
COMMENT ON COLUMN glue_activity.role IS
	'role of the request or call';
COMMENT ON COLUMN glue_activity.pid IS
	'process that carries the request out, or makes the call; null if there is none at present';
COMMENT ON COLUMN glue_activity.state IS
	'state of the request; running for other calls';
COMMENT ON COLUMN glue_activity.waiting_for IS
	'lock, transaction, request, credentials, key, target, rate limit, retry, answer, IN_PROGRESS, turn, no worker or held';
COMMENT ON COLUMN glue_activity.blocked_by IS
	'processes that block it, by a lock, a transaction or a request';
COMMENT ON COLUMN glue_activity.since IS
	'start of this wait, if that is known; else the time when the request was made';
COMMENT ON COLUMN glue_activity.attempts IS
	'number of attempts';
COMMENT ON COLUMN glue_activity.last_error IS
	'error of the last attempt, without secrets';
COMMENT ON COLUMN glue_activity.what_to_do IS
	'action that lets it continue';

GRANT SELECT ON @extschema@.glue_activity TO PUBLIC;

--
-- glue_progress
--
CREATE FUNCTION glue_progresses()
RETURNS TABLE (pid integer, role regrole, command text, phase text, done bigint,
	total bigint, since timestamptz)
AS 'MODULE_PATHNAME', 'glue_progresses'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_progresses() IS
	'rows of the view glue_progress';

CREATE VIEW @extschema@.glue_progress AS
	SELECT p.pid, p.role, p.command, p.phase, p.done, p.total, p.since
	FROM @extschema@.glue_progresses() p
	ORDER BY p.since;

COMMENT ON VIEW glue_progress IS
	'progress of long commands in this database; empty without the library preloaded';
COMMENT ON COLUMN glue_progress.pid IS
	'process that executes the command';
COMMENT ON COLUMN glue_progress.role IS
	'role of the process';
COMMENT ON COLUMN glue_progress.command IS
	'sync, drift, bulk or process; a background worker has process, too';
COMMENT ON COLUMN glue_progress.phase IS
	'sync and drift: reading the catalog, looking for the rest; bulk: creating; process: carrying out';
COMMENT ON COLUMN glue_progress.done IS
	'connections, inputs or requests that the phase has finished';
COMMENT ON COLUMN glue_progress.total IS
	'total number of them; null if that is not known';
COMMENT ON COLUMN glue_progress.since IS
	'time when the command began';

GRANT SELECT ON @extschema@.glue_progress TO PUBLIC;

--
-- The key of the digests in glue_connection.secret_digest
--
-- It is not dumped, so that a dump does not help in guessing passwords, and no
-- role has privileges on it: only the extension reads it.
--
CREATE TABLE @extschema@.glue_secret_key (
	key			bytea NOT NULL CHECK (pg_catalog.length(key)
					OPERATOR(pg_catalog.=) 32),
	database	uuid PRIMARY KEY
);

COMMENT ON TABLE glue_secret_key IS
	'random key of the digests of secrets; made with the extension, never dumped';
COMMENT ON COLUMN glue_secret_key.key IS
	'key of HMAC-SHA256';
COMMENT ON COLUMN glue_secret_key.database IS
	'glue_database_id() of the database that uses the key; a subscription can add the keys of other databases';

ALTER TABLE @extschema@.glue_secret_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE @extschema@.glue_secret_key ALTER COLUMN key SET STATISTICS 0;

INSERT INTO @extschema@.glue_secret_key (key, database)
	SELECT pg_catalog.sha256(pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
		OPERATOR(pg_catalog.||) pg_catalog.uuid_send(pg_catalog.gen_random_uuid())),
		@extschema@.glue_database_id();

--
-- Calls that reach AWS
--
-- These functions act with the AWS credentials of the server, so only the
-- administrator grants EXECUTE on them.
--
CREATE FUNCTION glue_create_connection(
	connection_input jsonb,
	tags jsonb DEFAULT NULL,
	catalog_id text DEFAULT NULL,
	server name DEFAULT NULL,
	on_conflict text DEFAULT 'error'
)
RETURNS text
AS 'MODULE_PATHNAME', 'glue_create_connection'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_create_connection(jsonb, jsonb, text, name, text) IS
	'create a connection in AWS Glue and record it; returns READY, IN_PROGRESS or FAILED';

REVOKE ALL ON FUNCTION glue_create_connection(jsonb, jsonb, text, name, text) FROM PUBLIC;

CREATE FUNCTION glue_create_connections(
	connection_inputs jsonb[],
	tags jsonb DEFAULT NULL,
	catalog_id text DEFAULT NULL,
	server name DEFAULT NULL,
	on_conflict text DEFAULT 'error'
)
RETURNS TABLE (ordinal integer, name text, status text, error_code text, error_message text)
AS 'MODULE_PATHNAME', 'glue_create_connections'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_create_connections(jsonb[], jsonb, text, name, text) IS
	'create connections in AWS Glue concurrently and record them; returns the outcome of each input';

REVOKE ALL ON FUNCTION glue_create_connections(jsonb[], jsonb, text, name, text) FROM PUBLIC;

CREATE FUNCTION glue_get_connection(
	name text,
	catalog_id text DEFAULT NULL,
	server name DEFAULT NULL
)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'glue_get_connection'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_get_connection(text, text, name) IS
	'read a connection from AWS Glue, with secrets replaced by "********"';

REVOKE ALL ON FUNCTION glue_get_connection(text, text, name) FROM PUBLIC;

CREATE FUNCTION glue_update_connection(
	name text,
	connection_input jsonb,
	catalog_id text DEFAULT NULL,
	server name DEFAULT NULL
)
RETURNS void
AS 'MODULE_PATHNAME', 'glue_update_connection'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_update_connection(text, jsonb, text, name) IS
	'give a connection in AWS Glue a new definition and record it; refused if that would remove its credentials';

REVOKE ALL ON FUNCTION glue_update_connection(text, jsonb, text, name) FROM PUBLIC;

CREATE FUNCTION glue_delete_connection(
	name text,
	catalog_id text DEFAULT NULL,
	server name DEFAULT NULL,
	missing_ok boolean DEFAULT false
)
RETURNS boolean
AS 'MODULE_PATHNAME', 'glue_delete_connection'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_delete_connection(text, text, name, boolean) IS
	'delete a connection in AWS Glue; returns whether it existed';

REVOKE ALL ON FUNCTION glue_delete_connection(text, text, name, boolean) FROM PUBLIC;

CREATE FUNCTION glue_batch_delete_connection(
	names text[],
	catalog_id text DEFAULT NULL,
	server name DEFAULT NULL
)
RETURNS TABLE (name text, deleted boolean, error_code text, error_message text)
AS 'MODULE_PATHNAME', 'glue_batch_delete_connection'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_batch_delete_connection(text[], text, name) IS
	'delete any number of connections in AWS Glue, 25 in each call; returns the outcome of each';

REVOKE ALL ON FUNCTION glue_batch_delete_connection(text[], text, name) FROM PUBLIC;

CREATE FUNCTION glue_get_connections(
	filter jsonb DEFAULT NULL,
	catalog_id text DEFAULT NULL,
	server name DEFAULT NULL
)
RETURNS SETOF jsonb
AS 'MODULE_PATHNAME', 'glue_get_connections'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_get_connections(jsonb, text, name) IS
	'read all connections from AWS Glue, or those that a GetConnectionsFilter selects, page by page';

REVOKE ALL ON FUNCTION glue_get_connections(jsonb, text, name) FROM PUBLIC;

CREATE FUNCTION glue_wait_connection(
	name text,
	timeout interval DEFAULT '5 min',
	catalog_id text DEFAULT NULL,
	server name DEFAULT NULL
)
RETURNS text
AS 'MODULE_PATHNAME', 'glue_wait_connection'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_wait_connection(text, interval, text, name) IS
	'wait until a connection is not IN_PROGRESS any more; returns READY or FAILED, the latter with a warning that has the reason';

REVOKE ALL ON FUNCTION glue_wait_connection(text, interval, text, name) FROM PUBLIC;

CREATE FUNCTION glue_test_connection(
	name text,
	catalog_id text DEFAULT NULL,
	server name DEFAULT NULL
)
RETURNS void
AS 'MODULE_PATHNAME', 'glue_test_connection'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_test_connection(text, text, name) IS
	'have AWS Glue test a connection; raises an error if it does not work';

REVOKE ALL ON FUNCTION glue_test_connection(text, text, name) FROM PUBLIC;

CREATE FUNCTION glue_test_connection(
	test_connection_input jsonb,
	catalog_id text DEFAULT NULL,
	server name DEFAULT NULL
)
RETURNS void
AS 'MODULE_PATHNAME', 'glue_test_connection_input'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_test_connection(jsonb, text, name) IS
	'have AWS Glue test the definition of a connection, which need not exist; raises an error if it does not work';

REVOKE ALL ON FUNCTION glue_test_connection(jsonb, text, name) FROM PUBLIC;

--
-- Tags
--
CREATE FUNCTION glue_tag_connection(
	name text,
	tags jsonb,
	catalog_id text DEFAULT NULL,
	server name DEFAULT NULL
)
RETURNS void
AS 'MODULE_PATHNAME', 'glue_tag_connection'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_tag_connection(text, jsonb, text, name) IS
	'add tags to a connection in AWS Glue, in place of those with the same keys';

REVOKE ALL ON FUNCTION glue_tag_connection(text, jsonb, text, name) FROM PUBLIC;

CREATE FUNCTION glue_untag_connection(
	name text,
	tag_keys text[],
	catalog_id text DEFAULT NULL,
	server name DEFAULT NULL
)
RETURNS void
AS 'MODULE_PATHNAME', 'glue_untag_connection'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_untag_connection(text, text[], text, name) IS
	'remove tags of a connection in AWS Glue';

REVOKE ALL ON FUNCTION glue_untag_connection(text, text[], text, name) FROM PUBLIC;

CREATE FUNCTION glue_get_connection_tags(
	name text,
	catalog_id text DEFAULT NULL,
	server name DEFAULT NULL
)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'glue_get_connection_tags'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_get_connection_tags(text, text, name) IS
	'read the tags of a connection from AWS Glue';

REVOKE ALL ON FUNCTION glue_get_connection_tags(text, text, name) FROM PUBLIC;

--
-- Types of connections
--
CREATE FUNCTION glue_describe_connection_type(
	connection_type text,
	server name DEFAULT NULL
)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'glue_describe_connection_type'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_describe_connection_type(text, name) IS
	'description of a type of connections by AWS Glue: its properties and its kinds of authentication';

REVOKE ALL ON FUNCTION glue_describe_connection_type(text, name) FROM PUBLIC;

CREATE FUNCTION glue_list_connection_types(server name DEFAULT NULL)
RETURNS SETOF jsonb
AS 'MODULE_PATHNAME', 'glue_list_connection_types'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_list_connection_types(name) IS
	'all types of connections that AWS Glue has, page by page';

REVOKE ALL ON FUNCTION glue_list_connection_types(name) FROM PUBLIC;

--
-- Functions that make requests
--
-- These insert a request into glue_request in the caller's transaction.  Their
-- arguments and checks are those of the calls that act at once.
--
CREATE FUNCTION glue_enqueue_create_connection(
	connection_input jsonb,
	tags jsonb DEFAULT NULL,
	catalog_id text DEFAULT NULL,
	server name DEFAULT NULL,
	on_conflict text DEFAULT 'error'
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'glue_enqueue_create_connection'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_enqueue_create_connection(jsonb, jsonb, text, name, text) IS
	'create a connection in AWS Glue after the transaction has committed; returns the ID of the request';

REVOKE ALL ON FUNCTION glue_enqueue_create_connection(jsonb, jsonb, text, name, text) FROM PUBLIC;

CREATE FUNCTION glue_enqueue_update_connection(
	name text,
	connection_input jsonb,
	catalog_id text DEFAULT NULL,
	server name DEFAULT NULL
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'glue_enqueue_update_connection'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_enqueue_update_connection(text, jsonb, text, name) IS
	'update a connection in AWS Glue after the transaction has committed; returns the ID of the request';

REVOKE ALL ON FUNCTION glue_enqueue_update_connection(text, jsonb, text, name) FROM PUBLIC;

CREATE FUNCTION glue_enqueue_delete_connection(
	name text,
	catalog_id text DEFAULT NULL,
	server name DEFAULT NULL,
	missing_ok boolean DEFAULT false
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'glue_enqueue_delete_connection'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_enqueue_delete_connection(text, text, name, boolean) IS
	'delete a connection in AWS Glue after the transaction has committed; returns the ID of the request';

REVOKE ALL ON FUNCTION glue_enqueue_delete_connection(text, text, name, boolean) FROM PUBLIC;

CREATE FUNCTION glue_provision_connection()
RETURNS trigger
AS 'MODULE_PATHNAME', 'glue_provision_connection'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_provision_connection() IS
	'trigger that keeps a connection in AWS Glue for each row of a table';

REVOKE ALL ON FUNCTION glue_provision_connection() FROM PUBLIC;

CREATE FUNCTION glue_release_connection(relation regclass, name text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'glue_release_connection'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_release_connection(regclass, text) IS
	'release a name that a row of a table holds, and the ownership of its connection; returns whether a row held it';

CREATE FUNCTION glue_adopt_rows(relation regclass)
RETURNS TABLE (name text, outcome text)
AS 'MODULE_PATHNAME', 'glue_adopt_rows'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_adopt_rows(regclass) IS
	'make the rows of a table own existing connections with their definitions; returns the outcome of each';

REVOKE ALL ON FUNCTION glue_adopt_rows(regclass) FROM PUBLIC;

CREATE PROCEDURE glue_process_requests(max integer DEFAULT NULL)
AS 'MODULE_PATHNAME', 'glue_process_requests'
LANGUAGE C;

COMMENT ON PROCEDURE glue_process_requests(integer) IS
	'carry out due requests in the calling session, until there are none or the given number was tried';

REVOKE ALL ON PROCEDURE glue_process_requests(integer) FROM PUBLIC;

CREATE FUNCTION glue_cancel_request(id bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'glue_cancel_request'
LANGUAGE C VOLATILE PARALLEL UNSAFE STRICT;

COMMENT ON FUNCTION glue_cancel_request(bigint) IS
	'cancel a request that is still queued; returns the state of the request';

REVOKE ALL ON FUNCTION glue_cancel_request(bigint) FROM PUBLIC;

CREATE FUNCTION glue_retry_request(id bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'glue_retry_request'
LANGUAGE C VOLATILE PARALLEL UNSAFE STRICT;

COMMENT ON FUNCTION glue_retry_request(bigint) IS
	'queue a request again that has failed or was cancelled; returns the state of the request';

REVOKE ALL ON FUNCTION glue_retry_request(bigint) FROM PUBLIC;

CREATE FUNCTION glue_wait_request(
	id bigint,
	timeout interval DEFAULT '5 min'
)
RETURNS text
AS 'MODULE_PATHNAME', 'glue_wait_request'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_wait_request(bigint, interval) IS
	'wait until a request has succeeded, failed or been cancelled; returns its state';

REVOKE ALL ON FUNCTION glue_wait_request(bigint, interval) FROM PUBLIC;

CREATE FUNCTION glue_take_over_requests(ids bigint[] DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'glue_take_over_requests'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_take_over_requests(bigint[]) IS
	'carry out held requests of another database in this one, for superusers alone; returns their number';

REVOKE ALL ON FUNCTION glue_take_over_requests(bigint[]) FROM PUBLIC;

CREATE FUNCTION glue_drop_held_requests(ids bigint[] DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'glue_drop_held_requests'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_drop_held_requests(bigint[]) IS
	'drop held requests of another database; returns their number';

REVOKE ALL ON FUNCTION glue_drop_held_requests(bigint[]) FROM PUBLIC;

--
-- The table and the catalog
--
CREATE FUNCTION glue_sync_connections(
	catalog_id text DEFAULT NULL,
	server name DEFAULT NULL
)
RETURNS TABLE (name text, change text)
AS 'MODULE_PATHNAME', 'glue_sync_connections'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_sync_connections(text, name) IS
	'read the whole catalog into glue_connection; returns the connections that were added, changed or removed';

REVOKE ALL ON FUNCTION glue_sync_connections(text, name) FROM PUBLIC;

CREATE FUNCTION glue_connection_drift(
	catalog_id text DEFAULT NULL,
	server name DEFAULT NULL
)
RETURNS TABLE (name text, change text, path text, message text)
AS 'MODULE_PATHNAME', 'glue_connection_drift'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION glue_connection_drift(text, name) IS
	'compare glue_connection with the whole catalog, member by member, and change nothing';

REVOKE ALL ON FUNCTION glue_connection_drift(text, name) FROM PUBLIC;

--
-- Targets
--
-- A foreign server of this wrapper is a target: one account, region and
-- catalog, with its endpoint and credentials.  There is no handler, because
-- there are no foreign tables.
--
CREATE FUNCTION glue_conn_validator(options text[], catalog oid)
RETURNS void
AS 'MODULE_PATHNAME', 'glue_conn_validator'
LANGUAGE C STRICT;

COMMENT ON FUNCTION glue_conn_validator(text[], oid) IS
	'check the options of foreign servers and user mappings of glue_conn';

CREATE FOREIGN DATA WRAPPER glue_conn
	NO HANDLER
	VALIDATOR glue_conn_validator;

COMMENT ON FOREIGN DATA WRAPPER glue_conn IS
	'targets of glue_conn: accounts, regions and catalogs of AWS Glue';

CREATE FUNCTION glue_caller_identity(server name DEFAULT NULL)
RETURNS TABLE (account text, arn text, user_id text)
AS 'MODULE_PATHNAME', 'glue_caller_identity'
LANGUAGE C VOLATILE PARALLEL UNSAFE
ROWS 1;

COMMENT ON FUNCTION glue_caller_identity(name) IS
	'the AWS identity of the credentials that are used, according to AWS STS';

REVOKE ALL ON FUNCTION glue_caller_identity(name) FROM PUBLIC;

--
-- Functions that do not call AWS
--
-- These work on their arguments alone, so all roles may use them.
--
CREATE FUNCTION glue_validate_connection_input(
	connection_input jsonb,
	tags jsonb DEFAULT NULL,
	catalog_id text DEFAULT NULL
)
RETURNS TABLE (path text, rule text, message text, severity text)
AS 'MODULE_PATHNAME', 'glue_validate_connection_input'
LANGUAGE C STABLE PARALLEL SAFE
ROWS 10;

COMMENT ON FUNCTION glue_validate_connection_input(jsonb, jsonb, text) IS
	'errors in a ConnectionInput that AWS Glue would refuse, and values that are likely to fail later';

CREATE FUNCTION glue_is_valid_connection_input(connection_input jsonb)
RETURNS boolean
AS 'MODULE_PATHNAME', 'glue_is_valid_connection_input'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION glue_is_valid_connection_input(jsonb) IS
	'true if a ConnectionInput has no errors; suitable for a CHECK constraint';

CREATE FUNCTION glue_redact(connection_input jsonb)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'glue_redact'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION glue_redact(jsonb) IS
	'replace every secret in a ConnectionInput by "********"';

--
-- Builders
--
-- These build a ConnectionInput from known values, and read only the catalogs
-- of this database.  All end with the same arguments.
--
CREATE FUNCTION glue_jdbc_connection_input(
	name text,
	jdbc_connection_url text,
	secret_arn text DEFAULT NULL,
	subnet_id text DEFAULT NULL,
	security_group_id_list text[] DEFAULT NULL,
	availability_zone text DEFAULT NULL,
	jdbc_enforce_ssl boolean DEFAULT NULL,
	description text DEFAULT NULL,
	match_criteria text[] DEFAULT NULL,
	connection_type text DEFAULT 'JDBC',
	role_arn text DEFAULT NULL
)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'glue_jdbc_connection_input'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION glue_jdbc_connection_input(text, text, text, text, text[], text, boolean, text, text[], text, text) IS
	'build a ConnectionInput from a JDBC URL';

CREATE FUNCTION glue_connection_input_from_server(
	foreign_server name,
	name text DEFAULT NULL,
	host text DEFAULT NULL,
	port integer DEFAULT NULL,
	database_name text DEFAULT NULL,
	secret_arn text DEFAULT NULL,
	subnet_id text DEFAULT NULL,
	security_group_id_list text[] DEFAULT NULL,
	availability_zone text DEFAULT NULL,
	jdbc_enforce_ssl boolean DEFAULT NULL,
	description text DEFAULT NULL,
	match_criteria text[] DEFAULT NULL,
	connection_type text DEFAULT 'JDBC',
	role_arn text DEFAULT NULL
)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'glue_connection_input_from_server'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION glue_connection_input_from_server(name, text, text, integer, text, text, text, text[], text, boolean, text, text[], text, text) IS
	'build a ConnectionInput from a foreign server of mysql_fdw, oracle_fdw, postgres_fdw or tds_fdw, without its user mappings';

CREATE FUNCTION glue_connection_input_for_this_database(
	name text DEFAULT NULL,
	host text DEFAULT NULL,
	port integer DEFAULT NULL,
	secret_arn text DEFAULT NULL,
	subnet_id text DEFAULT NULL,
	security_group_id_list text[] DEFAULT NULL,
	availability_zone text DEFAULT NULL,
	jdbc_enforce_ssl boolean DEFAULT NULL,
	description text DEFAULT NULL,
	match_criteria text[] DEFAULT NULL,
	connection_type text DEFAULT 'JDBC',
	role_arn text DEFAULT NULL
)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'glue_connection_input_for_this_database'
LANGUAGE C STABLE PARALLEL RESTRICTED;

COMMENT ON FUNCTION glue_connection_input_for_this_database(text, text, integer, text, text, text[], text, boolean, text, text[], text, text) IS
	'build a ConnectionInput for this database itself';

--
-- Privileges in three bundles
--
-- The privileges of each bundle, so that an administrator need not find them one
-- by one.  They are PostgreSQL's own privileges, and so dumped with the database.  A monitor is a member of pg_monitor, to which the views
-- show the activity of all roles; the membership is dumped with the roles.
--
CREATE VIEW @extschema@.glue_privilege AS
	WITH bundle (privilege, names) AS (VALUES
		('reader', ARRAY[
			'glue_caller_identity', 'glue_connection', 'glue_connection_drift',
			'glue_connection_summary', 'glue_describe_connection_type',
			'glue_get_connection', 'glue_get_connections',
			'glue_get_connection_tags', 'glue_list_connection_types',
			'glue_test_connection', 'glue_wait_connection']),
		('operator', ARRAY[
			'glue_adopt_rows', 'glue_batch_delete_connection',
			'glue_cancel_request', 'glue_create_connection',
			'glue_create_connections', 'glue_delete_connection',
			'glue_enqueue_create_connection', 'glue_enqueue_delete_connection',
			'glue_enqueue_update_connection', 'glue_process_requests',
			'glue_provision_connection', 'glue_retry_request',
			'glue_sync_connections', 'glue_tag_connection',
			'glue_untag_connection', 'glue_update_connection',
			'glue_wait_request']))
	SELECT p.privilege, o.object, o.kind
	FROM (SELECT b.privilege, b.names FROM bundle b
			UNION ALL
			SELECT 'operator', b.names FROM bundle b
			WHERE b.privilege OPERATOR(pg_catalog.=) 'reader') p
		JOIN (
			SELECT f.proname AS name, f.oid::pg_catalog.regprocedure::pg_catalog.text
				AS object, 'EXECUTE ON ROUTINE' AS kind, d.refobjid AS extension
			FROM pg_catalog.pg_depend d
				JOIN pg_catalog.pg_proc f ON f.oid OPERATOR(pg_catalog.=) d.objid
			WHERE d.classid OPERATOR(pg_catalog.=)
					'pg_catalog.pg_proc'::pg_catalog.regclass
				AND d.deptype OPERATOR(pg_catalog.=) 'e'
			UNION ALL
			SELECT c.relname, c.oid::pg_catalog.regclass::pg_catalog.text,
				'SELECT ON TABLE', d.refobjid
			FROM pg_catalog.pg_depend d
				JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) d.objid
			WHERE d.classid OPERATOR(pg_catalog.=)
					'pg_catalog.pg_class'::pg_catalog.regclass
				AND d.deptype OPERATOR(pg_catalog.=) 'e') o
			ON o.name::pg_catalog.text OPERATOR(pg_catalog.=) ANY (p.names)
		JOIN pg_catalog.pg_extension e
			ON e.oid OPERATOR(pg_catalog.=) o.extension
			AND e.extname OPERATOR(pg_catalog.=) 'glue_conn'
	UNION ALL
	SELECT 'monitor', 'pg_monitor', ''
	ORDER BY privilege, object;

COMMENT ON VIEW glue_privilege IS
	'privileges that glue_grant() grants and glue_revoke() revokes';
COMMENT ON COLUMN glue_privilege.privilege IS
	'reader, operator or monitor; an operator has all privileges of a reader';
COMMENT ON COLUMN glue_privilege.object IS
	'function, procedure, table or view; or a role for membership';
COMMENT ON COLUMN glue_privilege.kind IS
	'privilege of PostgreSQL that is granted on it; empty for a role';

CREATE FUNCTION glue_change_privilege(
	command text, role regrole, privilege text, server name)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	grantee text := pg_catalog.format(
		CASE command WHEN 'GRANT' THEN ' TO %s' ELSE ' FROM %s' END, role);
	granted record;
BEGIN
	IF role IS NULL OR privilege IS NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = 'null_value_not_allowed',
			MESSAGE = 'role and privilege must not be null';
	END IF;
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles r
		WHERE r.oid OPERATOR(pg_catalog.=) role) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'undefined_object',
			MESSAGE = pg_catalog.format('role %s does not exist', role);
	END IF;
	IF NOT EXISTS (SELECT FROM @extschema@.glue_privilege p
		WHERE p.privilege OPERATOR(pg_catalog.=)
			glue_change_privilege.privilege) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_parameter_value',
			MESSAGE = pg_catalog.format('privilege "%s" does not exist', privilege),
			HINT = 'There are "reader", "operator" and "monitor".';
	END IF;
	-- PostgreSQL only warns about privileges that could not be granted
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_extension e
		WHERE e.extname OPERATOR(pg_catalog.=) 'glue_conn'
			AND pg_catalog.pg_has_role(e.extowner, 'USAGE')) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'insufficient_privilege',
			MESSAGE = 'must be owner of extension glue_conn';
	END IF;
	FOR granted IN
		SELECT p.kind, p.object FROM @extschema@.glue_privilege p
		WHERE p.privilege OPERATOR(pg_catalog.=)
			glue_change_privilege.privilege
	LOOP
		EXECUTE pg_catalog.format('%s %s %s %s', command, granted.kind,
			granted.object, grantee);
	END LOOP;
	IF server IS NOT NULL THEN
		EXECUTE pg_catalog.format('%s USAGE ON FOREIGN SERVER %I %s', command,
			server, grantee);
	END IF;
END
$$;

COMMENT ON FUNCTION glue_change_privilege(text, regrole, text, name) IS
	'common part of glue_grant() and glue_revoke()';

REVOKE ALL ON FUNCTION glue_change_privilege(text, regrole, text, name) FROM PUBLIC;

CREATE FUNCTION glue_grant(role regrole, privilege text, server name DEFAULT NULL)
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT @extschema@.glue_change_privilege('GRANT', role, privilege, server)
$$;

COMMENT ON FUNCTION glue_grant(regrole, text, name) IS
	'make a role a reader, operator or monitor, and let it use a foreign server if one is given';

REVOKE ALL ON FUNCTION glue_grant(regrole, text, name) FROM PUBLIC;

CREATE FUNCTION glue_revoke(role regrole, privilege text, server name DEFAULT NULL)
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT @extschema@.glue_change_privilege('REVOKE', role, privilege, server)
$$;

COMMENT ON FUNCTION glue_revoke(regrole, text, name) IS
	'revoke the privileges that glue_grant() has granted';

REVOKE ALL ON FUNCTION glue_revoke(regrole, text, name) FROM PUBLIC;

--
-- A warning about the drop of open requests
--
-- The library raises the warning, and the session may not have loaded it.  This
-- trigger loads it, even if the schema was renamed.  If the library is gone, the
-- extension can still be dropped.
--
CREATE FUNCTION glue_before_drop()
RETURNS event_trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	EXECUTE (SELECT pg_catalog.format('SELECT %s.glue_redact(%L::pg_catalog.jsonb)',
			e.extnamespace::pg_catalog.regnamespace, '{}')
		FROM pg_catalog.pg_extension e
		WHERE e.extname OPERATOR(pg_catalog.=) 'glue_conn');
EXCEPTION
	WHEN OTHERS THEN NULL;
END
$$;

COMMENT ON FUNCTION glue_before_drop() IS
	'loads the library before DROP EXTENSION, DROP SCHEMA and DROP OWNED, which then warn about open requests';

REVOKE ALL ON FUNCTION glue_before_drop() FROM PUBLIC;

CREATE EVENT TRIGGER glue_before_drop ON ddl_command_start
	WHEN TAG IN ('DROP EXTENSION', 'DROP SCHEMA', 'DROP OWNED')
	EXECUTE FUNCTION @extschema@.glue_before_drop();

COMMENT ON EVENT TRIGGER glue_before_drop IS
	'makes a drop of the extension warn about open requests';
