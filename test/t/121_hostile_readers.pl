# Copyright (c) 2026, glue_conn contributors
#
# Only the extension reads and writes its private tables, regardless of
# membership in predefined roles and of privileges on all tables; and of
# requests every role sees its own.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Hostile;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Test::More;

my $hostile = GlueConn::Hostile->start(conf => "glue_conn.databases = 'other'\n");
my $glue = $hostile->glue;
my $admin = $hostile->admin;
my @roles = ('victim', sort keys %GlueConn::Hostile::attacker);
my %session = map { $_ => $hostile->session($_, search_path => 'pg_catalog') } @roles;
my %private = (
	glue_secret_key => [ 'key', "'\\x00'" ],
	glue_request_secret => [ 'sealed', "1, '\\x00'" ],
	glue_provision => [ 'name', "DEFAULT, 2, 3, 's', 'r', 'c', 'n'" ],
	glue_claimant => [ 'claimant', '17' ]);

#
# Requests with secrets that wait
#

foreach my $role (@roles)
{
	$session{$role}->must(call('enqueue_create_connection', jdbc("$role $_")))
	  foreach 1 .. 3;
}
$admin->must("INSERT INTO app.glue_claimant VALUES (4711); ANALYZE");
is($admin->must('SELECT count(*) FROM app.glue_request_secret')->output, 3 * @roles,
	'there are secrets');

# All that is in the tables that are private, and in the queue.
sub contents
{
	return $admin->must(join ' UNION ALL ',
		map { "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM app.$_ AS t" }
		  'glue_request', sort keys %private)->output;
}
my $before = contents();

#
# Reading
#

# Ways to read all rows of a table as one text a row, or to find out about them.
my @reads = (
	'SELECT t::text FROM %s AS t',
	'SELECT evil.leak(t::text) FROM %s AS t',
	'SELECT 1 FROM %s AS t WHERE evil.leak(t::text)',
	'COPY (SELECT t::text FROM %s AS t) TO STDOUT',
	'COPY %s TO STDOUT',
	'SELECT query_to_xml(\'TABLE %s\', true, false, \'\')',
	'SELECT table_to_xml(\'%s\', true, false, \'\')',
	'SELECT t::text FROM %s AS t TABLESAMPLE SYSTEM (100)',
	'SELECT count(*) FROM %s HAVING count(*) > 0',
	'BEGIN; DECLARE c CURSOR FOR SELECT t::text FROM %s AS t; FETCH ALL c; COMMIT',
	'BEGIN; SET LOCAL row_security = off; SELECT t::text FROM %s AS t; COMMIT');

# PostgreSQL can be built without XML.
@reads = grep { !/xml/ } @reads
  if $admin->query("SELECT xmlcomment('')")->sqlstate eq '0A000';

# The information that a role gets from a table.
sub learns
{
	my ($role, $table) = @_;
	my @learnt;

	foreach my $read (@reads)
	{
		my $result = $session{$role}->query(sprintf $read, "app.$table");
		my $output = $result->output;

		# the XML of an empty table is not empty
		$output =~ s/<[^<>]*>|\s//g if $read =~ /xml/;
		push @learnt, "$read: $output" if $output ne '';
		push @learnt, "$read: " . $result->text if $result->text =~ /leaked: /;
		push @learnt, "$read: " . $result->sqlstate
		  if $result->sqlstate !~ /^(?:00000|42501)$/;
		$session{$role}->query('ROLLBACK') if $read =~ /BEGIN/;
	}
	return join "\n", @learnt;
}

foreach my $role (@roles)
{
	is(learns($role, $_), '', "$role reads nothing of $_") foreach sort keys %private;
}
is($admin->must("SELECT count(*) FROM pg_statistic JOIN pg_attribute"
	  . ' ON attrelid = starelid AND attnum = staattnum'
	  . " WHERE attname IN ('sealed', 'key')"
	  . " AND starelid IN ('app.glue_request_secret'::regclass, 'app.glue_secret_key'::regclass)")
	->output, '0', 'nor is anything of it in the statistics, for pg_read_all_data');

# The test is valid only if a privileged reader sees the hidden data.
like($admin->must(sprintf $reads[0], 'app.glue_request_secret')->output, qr/\(\d+,/,
	'the superuser reads it');

#
# Writing
#

# Ways to write a table, its columns being known.
sub writes_of
{
	my ($table) = @_;
	my ($column, $row) = @{ $private{$table} // [ 'state', undef ] };
	my $insert = $row ? "INSERT INTO app.$table VALUES ($row)"
	  : "INSERT INTO app.$table (operation, connection_name, region, next_attempt_at,"
	  . " requested_by, requested_at) VALUES ('CreateConnection', 'forged', 'us-east-1',"
	  . " now(), 10, now())";

	return ($insert, "$insert ON CONFLICT DO NOTHING",
		"WITH w AS ($insert RETURNING *) SELECT * FROM w",
		"UPDATE app.$table SET $column = $column",
		"UPDATE app.$table SET $column = DEFAULT",
		"UPDATE app.$table SET $column = $column WHERE evil.leak($column\::text)",
		"DELETE FROM app.$table",
		"DELETE FROM app.$table AS t WHERE evil.leak(t::text)",
		"SELECT * FROM app.$table FOR UPDATE");
}

foreach my $role (@roles)
{
	foreach my $table ('glue_request', sort keys %private)
	{
		my @odd = map {
			my $result = $session{$role}->query($_);
			$result->sqlstate !~ /^(?:00000|42501)$/
			  || ($result->text =~ /leaked: / && $table ne 'glue_request')
			  || ($_ =~ /^(?:INSERT|WITH)/ && $result->sqlstate eq '00000')
			  ? "$_: " . $result->text : ()
		} writes_of($table);

		is(join("\n", @odd), '', "$role writes nothing to $table");
	}
}
is(contents(), $before, 'everything is as it was');

#
# One's own requests
#

foreach my $role (@roles)
{
	my $session = $session{$role};

	is($session->must('SELECT string_agg(DISTINCT requested_by::text, \' \'), count(*)'
		  . ' FROM (SELECT * FROM app.glue_request) AS r')->output, "$role|3",
		"$role sees his own requests with SELECT *");
	is($session->must('SELECT sum(queued) FROM app.glue_request_summary')->output,
		$role eq 'monitor' ? 3 * @roles : 3,
		"$role sees the figures of " . ($role eq 'monitor' ? 'all' : 'his own requests'));
	my @leaked = $session->query('SELECT count(*) FROM app.glue_request'
		  . ' WHERE evil.leak(connection_name)')->text =~ /leaked: (.*)/g;
	is(join(', ', sort @leaked), join(', ', map { "$role $_" } 1 .. 3),
		"$role sees no others by a function");
}

# Views show the data of their current user, and no more.
$session{mallory}->must('CREATE VIEW evil.hers WITH (security_barrier) AS'
	  . ' SELECT * FROM app.glue_request WHERE evil.leak(connection_name);'
	  . ' GRANT SELECT ON evil.hers TO PUBLIC');
my $result = $session{victim}->query('SELECT requested_by FROM evil.hers');
is(join(' ', $result->text =~ /leaked: (\w+)/g), 'victim victim victim',
	'a view of hers shows him his own rows');
$session{victim}->must('CREATE VIEW evil.his AS SELECT * FROM app.glue_request;'
	  . ' GRANT SELECT ON evil.his TO mallory');
$result = $session{mallory}->query('SELECT FROM evil.his WHERE evil.leak(connection_name)');
is(join(' ', $result->text =~ /leaked: (\w+)/g), 'mallory mallory mallory',
	'and a view of his shows her own rows');

#
# Objects of the extension
#

# Attempts of the owners of the schema and of the database.
my @tries = (
	'DROP TABLE app.glue_secret_key',
	'ALTER TABLE app.glue_secret_key OWNER TO %s',
	'ALTER TABLE app.glue_secret_key DISABLE ROW LEVEL SECURITY',
	'ALTER TABLE app.glue_secret_key SET SCHEMA evil',
	'ALTER TABLE app.glue_request_secret RENAME TO other',
	'CREATE POLICY hers ON app.glue_request_secret USING (true)',
	'CREATE TABLE evil.child () INHERITS (app.glue_request)',
	'ALTER EXTENSION glue_conn DROP TABLE app.glue_secret_key',
	'ALTER EXTENSION glue_conn SET SCHEMA evil',
	'DROP EXTENSION glue_conn',
	'CREATE OR REPLACE FUNCTION app.glue_provision_connection() RETURNS trigger'
	  . ' LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
	'ALTER FUNCTION app.glue_provision_connection() SECURITY DEFINER',
	'CREATE EVENT TRIGGER hers ON ddl_command_end EXECUTE FUNCTION evil.watch()',
	'ALTER DATABASE shop SET session_replication_role = replica',
	'ALTER DATABASE shop SET glue_conn.endpoint_url = \'https://localhost:1\'',
	'ALTER ROLE mallory SUPERUSER');

$session{mallory}->must('CREATE FUNCTION evil.watch() RETURNS event_trigger'
	  . ' LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.note(\'event trigger\'); END $$');
foreach my $role (grep { $_ ne 'victim' } @roles)
{
	my @allowed = grep {
		$session{$role}->query(sprintf $_, $role)->sqlstate !~ /^(?:42501|2BP01)$/
	} @tries;

	is(join("\n", @allowed), '', "$role changes nothing of the extension's");
}

# An event trigger fires for roles that change definitions, which no role does
# here.
$admin->must('CREATE EVENT TRIGGER hers ON ddl_command_end EXECUTE FUNCTION evil.watch()');
$hostile->demote;
$hostile->cluster->node->append_conf('postgresql.conf', "glue_conn.databases = ''");
$hostile->cluster->node->reload;
$hostile->wait_for_requests;
is($admin->must("SELECT string_agg(DISTINCT state, ' ') FROM app.glue_request")->output,
	'succeeded', 'all requests succeed');
is($admin->must('SELECT count(*) FROM app.glue_request_secret')->output, '0',
	'and their secrets are erased');
$session{victim}->must(call('create_connection', jdbc('at once')));
is($hostile->runs, '', 'an event trigger is not executed');

#
# Signals
#

$glue->misbehave(operation => 'CreateConnection', kind => 'slow',
	delay_ms => 60000, times => 1);
$session{victim}->must(call('enqueue_create_connection', jdbc('slow')));
wait_until(sub { $glue->created('slow') }, 'it is created');
foreach my $kind ('launcher', 'worker')
{
	my $pid = $admin->must('SELECT pid FROM pg_stat_activity'
		  . " WHERE backend_type = 'glue_conn $kind' AND coalesce(datname, 'shop') = 'shop'")
	  ->output;

	is($session{signaller}->query("SELECT $_($pid)")->sqlstate, '42501',
		"pg_signal_backend is not enough for $_() of the $kind")
	  foreach 'pg_cancel_backend', 'pg_terminate_backend';
}
$glue->behave;
is($hostile->superusers, '', 'nobody has become superuser');

$_->quit foreach values %session;
$hostile->finish;
done_testing();
