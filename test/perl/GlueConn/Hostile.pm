# Copyright (c) 2026, glue_conn contributors

=pod

=head1 NAME

GlueConn::Hostile - a database whose users want to become superuser

=head1 SYNOPSIS

	use GlueConn::Hostile;

	my $hostile = GlueConn::Hostile->start;
	my $victim = $hostile->session('victim');

	$victim->must('SELECT app.glue_sync_connections()');
	is($hostile->runs, '', 'nothing of theirs was executed');
	is($hostile->superusers, '', 'and nobody has become superuser');

=head1 DESCRIPTION

The extension is in the schema C<app> of the database C<shop>.  Everybody but the
superuser is hostile there, and the C<search_path> of the database, and so that of
background workers, begins with the schema C<evil>.  That has an operator for every
pair of types, and functions, aggregates and types with the names of PostgreSQL's;
and objects with names of the extension's own ones were in C<app> before
these were made.

A hostile function notes in the server's log that it was executed, and its role,
for there it stays if the transaction is rolled back; and it tries to make
superusers of all.

=cut

package GlueConn::Hostile;

use strict;
use warnings;

use Exporter 'import';
use GlueConn::Cluster;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(call);

# Hostile roles, and their privileges.
our %attacker = (
	mallory => 'plain role',
	table_owner => 'owner of a table',
	schema_owner => 'owner of the schema',
	database_owner => 'owner of the database',
	reader => 'member of pg_read_all_data',
	writer => 'member of pg_write_all_data',
	monitor => 'member of pg_monitor',
	signaller => 'member of pg_signal_backend',
	grantee => 'role that was granted ALL');

my @types = qw(text name bigint integer timestamptz interval xid8 xid oid
  regrole jsonb boolean bytea tid "char" text[] bigint[] integer[]
  timestamptz[] boolean[]);
my @tests = qw(= <> < <= > >= ? ?| ?& @> ~ ~~ !~~);
my @sums = qw(+ - * / || ->);

=pod

=head1 FUNCTIONS

=over

=item call(function, argument, ...)

A call of a function of the extension.  Arguments that are references become JSON.

=back

=cut

sub call
{
	my ($function, @arguments) = @_;

	return "SELECT app.glue_$function("
	  . join(', ', map { literal(ref $_ ? json_text($_) : $_) } @arguments) . ')';
}

=pod

=head1 METHODS

=over

=item GlueConn::Hostile->start(conf => ...)

Start a GlueConn::Cluster with the library preloaded, and make the database.

=item $hostile->cluster, $hostile->glue, $hostile->admin

The cluster, the local Glue, and a session of the superuser with a C<search_path>
that is its own.

=item $hostile->session(user, name => value, ...)

A session in the database, with some settings.  Without a user, it is the
superuser's.

=cut

sub start
{
	my ($class, %parameters) = @_;
	my $cluster = GlueConn::Cluster->start(
		preload => 1, secret_key => 1, conf => <<CONF . ($parameters{conf} // ''));
restart_after_crash = on
glue_conn.settle_time = '200ms'
log_statement = none
CONF
	my $self = bless { cluster => $cluster }, $class;

	$self->{superuser} = $cluster->query('SELECT current_user')->output;
	$cluster->query("CREATE ROLE $_ LOGIN") foreach 'victim', sort keys %attacker;
	$cluster->query('CREATE DATABASE shop OWNER database_owner');
	$self->connect;
	$self->_make_database;
	return $self;
}

sub connect
{
	my ($self) = @_;

	$self->{admin} = $self->session(undef, search_path => 'pg_catalog');
	return $self->{admin};
}

sub cluster { return $_[0]{cluster}; }

sub glue { return $_[0]{cluster}->glue; }

sub admin { return $_[0]{admin}; }

sub session
{
	my ($self, $user, %settings) = @_;

	return $self->cluster->session(
		database => 'shop', user => $user, settings => \%settings);
}

# The owner of the schema existed before the extension.
sub _make_database
{
	my ($self) = @_;
	my $admin = $self->admin;
	my $everybody = join ', ', 'victim', sort keys %attacker;

	$admin->must(<<SQL);
CREATE SCHEMA app AUTHORIZATION schema_owner;
CREATE SCHEMA evil AUTHORIZATION mallory;
GRANT USAGE ON SCHEMA app, evil TO PUBLIC;
GRANT pg_read_all_data TO reader;
GRANT pg_write_all_data TO writer;
GRANT pg_monitor TO monitor;
GRANT pg_signal_backend TO signaller;
SQL
	$self->_make_note;
	$self->_make_names('mallory', 'evil', @types);
	$self->_make_names('schema_owner', 'app', grep { !/\[/ || /text/ } @types[0 .. 15]);
	$admin->must(<<SQL);
CREATE EXTENSION glue_conn SCHEMA app;
GRANT CREATE ON SCHEMA evil TO $everybody;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA app TO $everybody;
GRANT ALL ON ALL TABLES IN SCHEMA app TO grantee;
GRANT ALL ON ALL SEQUENCES IN SCHEMA app TO grantee;
GRANT SELECT ON app.glue_connection_summary TO PUBLIC;
CREATE TABLE app.source (id integer PRIMARY KEY, connection_input jsonb, tags jsonb);
ALTER TABLE app.source OWNER TO table_owner;
GRANT ALL ON app.source TO PUBLIC;
CREATE TRIGGER provision AFTER INSERT OR UPDATE OR DELETE ON app.source
	FOR EACH ROW EXECUTE FUNCTION app.glue_provision_connection('tags=tags');
SQL
	$self->query_as('database_owner',
		'ALTER DATABASE shop SET search_path = evil, pg_catalog');
	$self->runs;
	return;
}

=pod

=item $hostile->query_as(user, sql)

Have the superuser run a statement as somebody else, with a C<search_path> that is
harmless; returns a GlueConn::Result.

=cut

sub query_as
{
	my ($self, $user, $sql) = @_;
	my $session = $self->session($user, search_path => 'pg_catalog');
	my $result = $session->query($sql);

	$session->quit;
	return $result;
}

# The actions of all hostile functions.
sub _make_note
{
	my ($self) = @_;
	my $attempts = join "\n",
	  map { "BEGIN ALTER ROLE $_ SUPERUSER; EXCEPTION WHEN OTHERS THEN NULL; END;" }
	  sort keys %attacker;
	my $result = $self->query_as('mallory', <<SQL);
CREATE FUNCTION evil.note(what text) RETURNS boolean LANGUAGE plpgsql
	SET search_path = pg_catalog AS \$\$
BEGIN
	RAISE LOG 'hostile: % by % for %', what, current_user, session_user;
	$attempts
	RETURN true;
END \$\$;
CREATE FUNCTION evil.fire() RETURNS trigger LANGUAGE plpgsql
	SET search_path = pg_catalog AS \$\$
BEGIN
	PERFORM evil.note('trigger ' || TG_NAME);
	RETURN coalesce(NEW, OLD);
END \$\$;
CREATE FUNCTION evil.leak(value text) RETURNS boolean LANGUAGE plpgsql COST 0.0001
	SET search_path = pg_catalog AS \$\$
BEGIN
	RAISE NOTICE 'leaked: %', value;
	RETURN true;
END \$\$;
CREATE FUNCTION evil.same(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE
	SET search_path = pg_catalog AS \$\$
BEGIN
	PERFORM evil.note('function same');
	RETURN value;
END \$\$;
CREATE DOMAIN evil.checked AS text CHECK (evil.note('domain'));
SQL
	die $result->text if $result->sqlstate ne '00000';
	return;
}

# Operators, functions, aggregates and types with well-known names, in a schema.
sub _make_names
{
	my ($self, $owner, $schema, @types) = @_;
	my $types = join ', ', map { literal($_) } @types;
	my $tests = join ', ', map { literal($_) } @tests;
	my $sums = join ', ', map { literal($_) } @sums;
	my $result = $self->query_as($owner, <<SQL);
DO \$do\$
DECLARE
	l text; r text; o text; body text;
BEGIN
	FOR l, r IN
		SELECT a, b FROM unnest(ARRAY[$types]) AS a, unnest(ARRAY[$types]) AS b
		UNION ALL VALUES ('anyelement', 'anyelement'), ('anyelement', 'anyarray'),
			('anycompatible', 'anycompatible'), ('anyarray', 'anyarray')
	LOOP
		body := format('LANGUAGE plpgsql AS \$\$ BEGIN'
			' PERFORM evil.note(%L); RETURN %%s; END \$\$',
			'operator of ' || l || ' and ' || r);
		EXECUTE format('CREATE FUNCTION $schema.holds(%s, %s) RETURNS boolean ', l, r)
			|| format(body, 'true');
		EXECUTE format('CREATE FUNCTION $schema.gives(%s, %s) RETURNS %s ', l, r, l)
			|| format(body, '\$1');
		EXECUTE format('CREATE FUNCTION $schema.tells(%s, %s) RETURNS text ', l, r)
			|| format(body, quote_literal('x'));
		FOREACH o IN ARRAY ARRAY[$tests] LOOP
			EXECUTE format('CREATE OPERATOR $schema.%s (FUNCTION = $schema.holds,'
				' LEFTARG = %s, RIGHTARG = %s)', o, l, r);
		END LOOP;
		FOREACH o IN ARRAY ARRAY[$sums] LOOP
			EXECUTE format('CREATE OPERATOR $schema.%s (FUNCTION = $schema.gives,'
				' LEFTARG = %s, RIGHTARG = %s)', o, l, r);
		END LOOP;
		EXECUTE format('CREATE OPERATOR $schema.->> (FUNCTION = $schema.tells,'
			' LEFTARG = %s, RIGHTARG = %s)', l, r);
	END LOOP;
END \$do\$;
SQL
	die $result->text if $result->sqlstate ne '00000';
	$result = $self->query_as($owner, _functions($schema));
	die $result->text if $result->sqlstate ne '00000';
	return;
}

# Functions by their arguments and results.
my @functions = (
	[ 'clock_timestamp()', 'timestamptz', 'pg_catalog.clock_timestamp()' ],
	[ 'now()', 'timestamptz', 'pg_catalog.now()' ],
	[ 'pg_has_role(regrole, text)', 'boolean', 'true' ],
	[ 'pg_has_role(oid, text)', 'boolean', 'true' ],
	[ 'pg_has_role(name, text)', 'boolean', 'true' ],
	[ 'left(text, integer)', 'text', '$1' ],
	[ 'substr(text, integer)', 'text', '$1' ],
	[ 'length(bytea)', 'integer', '32' ],
	[ 'sha256(bytea)', 'bytea', '$1' ],
	[ 'uuid_send(uuid)', 'bytea', 'pg_catalog.uuid_send($1)' ],
	[ 'gen_random_uuid()', 'uuid', 'pg_catalog.gen_random_uuid()' ],
	[ 'nextval(regclass)', 'bigint', '1' ],
	[ 'lower(text)', 'text', '$1' ],
	[ 'concat(text, text)', 'text', '$1' ],
	[ 'quote_ident(text)', 'text', '$1' ],
	[ 'pg_notify(text, text)', 'text', '$1' ],
	[ 'current_setting(text)', 'text', '$1' ],
	[ 'to_jsonb(text)', 'jsonb', 'NULL' ],
	[ 'jsonb_build_object(text, text)', 'jsonb', 'NULL' ]);

# Aggregates by their arguments and results.
my @aggregates = (
	[ 'count', '*', 'bigint' ],
	[ 'min', 'timestamptz', 'timestamptz' ],
	[ 'max', 'timestamptz', 'timestamptz' ],
	[ 'bool_or', 'boolean', 'boolean' ],
	[ 'bool_and', 'boolean', 'boolean' ],
	[ 'jsonb_agg', 'jsonb', 'jsonb' ],
	[ 'array_agg', 'text', 'text[]' ],
	[ 'array_agg', 'bigint', 'bigint[]' ],
	[ 'string_agg', 'text, text', 'text' ]);

sub _functions
{
	my ($schema) = @_;
	my @sql = map {
		my ($function, $type, $value) = @$_;
		"CREATE FUNCTION $schema.$function RETURNS $type LANGUAGE plpgsql AS \$\$"
		  . " BEGIN PERFORM evil.note('function $function'); RETURN $value; END \$\$"
	} @functions;

	push @sql, map {
		my ($name, $arguments, $type) = @$_;
		my $state = join ', ', $type, $arguments eq '*' ? () : $arguments;
		("CREATE FUNCTION $schema.step_$name($state) RETURNS $type LANGUAGE plpgsql"
			  . " AS \$\$ BEGIN PERFORM evil.note('aggregate $name'); RETURN \$1; END \$\$",
			"CREATE AGGREGATE $schema.$name($arguments)"
			  . " (SFUNC = $schema.step_$name, STYPE = $type)")
	} @aggregates;
	foreach my $type ('bigint[]', 'anyarray')
	{
		push @sql, "CREATE FUNCTION $schema.unnest($type) RETURNS SETOF "
		  . ($type eq 'anyarray' ? 'anyelement' : 'bigint')
		  . ' LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.note(\'function unnest\');'
		  . ' RETURN QUERY SELECT pg_catalog.unnest($1); END $$';
	}

	# types with a cast, or a check, that is executed when they are used
	push @sql, map {
		"CREATE DOMAIN $schema.$_->[0] AS pg_catalog.$_->[1] CHECK (evil.note('type $_->[0]'))"
	  } [ 'text', 'text' ], [ 'name', 'name' ], [ 'oid', 'oid' ],
	  [ 'regrole', 'regrole' ], [ 'timestamptz', 'timestamptz' ],
	  [ 'jsonb', 'jsonb' ], [ 'int8', 'int8' ], [ 'bool', 'bool' ]
	  if $schema eq 'evil';
	push @sql, "CREATE TYPE $schema.thing AS (n integer)";
	foreach my $type (qw(text name jsonb bigint))
	{
		push @sql, "CREATE FUNCTION $schema.cast_$type($schema.thing)"
		  . " RETURNS pg_catalog.$type LANGUAGE plpgsql AS \$\$"
		  . " BEGIN PERFORM evil.note('cast to $type'); RETURN NULL; END \$\$",
		  "CREATE CAST ($schema.thing AS pg_catalog.$type)"
		  . " WITH FUNCTION $schema.cast_$type($schema.thing) AS IMPLICIT",
		  "CREATE FUNCTION $schema.cast_$type(pg_catalog.$type)"
		  . " RETURNS $schema.thing LANGUAGE plpgsql AS \$\$"
		  . " BEGIN PERFORM evil.note('cast from $type'); RETURN NULL; END \$\$",
		  "CREATE CAST (pg_catalog.$type AS $schema.thing)"
		  . " WITH FUNCTION $schema.cast_$type(pg_catalog.$type) AS IMPLICIT";
	}
	return join(";\n", @sql) =~ s/pg_catalog\.bigint/pg_catalog.int8/gr;
}

=pod

=item $hostile->runs

The hostile functions that were executed since the last call, one a line, each
once, with the role whose rights it had; '' if none was.

=item $hostile->superusers

The attackers that have become superuser; '' if none has.

=item $hostile->demote

Revoke the rights that attackers have got by the superuser's own statements,
which are not tested.

=item $hostile->wait_for_requests

Wait until no request is open.

=item $hostile->finish(killed => 1)

Stop everything, and test that nothing had an accident; but so many processes
were killed by the test.

=back

=cut

sub runs
{
	my ($self) = @_;
	my $log = slurp_file($self->cluster->node->logfile, $self->{read} // 0);
	my %runs = map { $_ => 1 } $log =~ /LOG:  hostile: (.*)/g;

	$self->{read} += length $log;
	return join "\n", sort keys %runs;
}

sub superusers
{
	my ($self) = @_;

	return $self->admin->must("SELECT string_agg(rolname, ' ') FROM pg_roles"
		  . " WHERE rolsuper AND rolname IN ("
		  . join(', ', map { literal($_) } 'victim', sort keys %attacker) . ')')->output;
}

sub demote
{
	my ($self) = @_;

	$self->admin->must("ALTER ROLE $_ NOSUPERUSER") foreach split / /, $self->superusers;
	$self->runs;
	return;
}

sub wait_for_requests
{
	my ($self) = @_;

	wait_until(sub { $self->admin->must('SELECT count(*) FROM app.glue_request'
			  . ' WHERE finished_at IS NULL')->output eq '0' },
		'all requests have ended');
	return;
}

sub finish
{
	my ($self, %expected) = @_;

	$self->admin->quit;
	return $self->cluster->finish if !$expected{killed};
	$self->cluster->node->stop;
	$self->glue->stop;
	my $log = slurp_file($self->cluster->node->logfile);
	is(scalar(my @killed = $log =~ /was terminated by signal 9/g),
		$expected{killed}, 'every crash was ours');
	unlike($log, qr/terminated by signal (?!9\b)|PANIC:|TRAP:/,
		'and there was no other accident');
	return;
}

1;
