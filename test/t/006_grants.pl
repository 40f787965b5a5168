# Copyright (c) 2026, glue_conn contributors
#
# The privilege bundles of glue_grant(): each role has exactly the privileges
# of its bundles, on every object of the extension; and a dump includes them.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1);
my $admin = $cluster->session;

# Objects of the extension, by the roles with a privilege on them: every role
# has the privileges of PUBLIC, and superusers have all.
my @everyone = qw(
  glue_activity glue_calls glue_connection_input_for_this_database
  glue_connection_input_from_server glue_lock_key glue_progress glue_progresses
  glue_waits_for glue_worker_obstacle
  glue_database_id glue_home glue_is_valid_connection_input
  glue_jdbc_connection_input glue_provision_summary glue_redact
  glue_release_connection glue_request glue_request_summary
  glue_validate_connection_input glue_worker_summary glue_conn_validator);
my @reader = qw(
  glue_caller_identity glue_connection glue_connection_drift
  glue_connection_summary glue_describe_connection_type glue_get_connection
  glue_get_connections glue_get_connection_tags glue_list_connection_types
  glue_test_connection glue_wait_connection);
my @operator = qw(
  glue_adopt_rows glue_batch_delete_connection glue_cancel_request
  glue_create_connection glue_create_connections glue_delete_connection
  glue_enqueue_create_connection glue_enqueue_delete_connection
  glue_enqueue_update_connection glue_process_requests
  glue_provision_connection glue_retry_request glue_sync_connections
  glue_tag_connection glue_untag_connection glue_update_connection
  glue_wait_request);

# as a member of pg_monitor
my @monitor = qw(glue_call_figures glue_rate_limit glue_rates glue_stat_calls);
my @nobody = qw(
  glue_before_drop glue_change_privilege glue_claimant glue_drop_held_requests
  glue_grant glue_privilege glue_provision glue_request_secret glue_revoke
  glue_secret_key glue_stat_reset glue_take_over_requests);

# The objects that a role may use, as a list of names.
sub usable_by
{
	my ($role) = @_;

	return $admin->must(<<"SQL")->output;
SELECT string_agg(DISTINCT name, ' ' ORDER BY name) FROM (
	SELECT proname::text AS name FROM pg_depend JOIN pg_proc p ON p.oid = objid
	WHERE classid = 'pg_proc'::regclass AND deptype = 'e'
		AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'glue_conn')
		AND has_function_privilege('$role', p.oid, 'EXECUTE')
	UNION ALL
	SELECT relname FROM pg_depend JOIN pg_class c ON c.oid = objid
	WHERE classid = 'pg_class'::regclass AND deptype = 'e' AND relkind IN ('r', 'v')
		AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'glue_conn')
		AND has_table_privilege('$role', c.oid, 'SELECT')) AS objects
SQL
}

sub list { return join ' ', sort @_; }

$admin->must('CREATE ROLE "a Role" LOGIN; CREATE ROLE other LOGIN');
my $before = usable_by('a Role');
my %public = map { $_ => 1 } split / /, $before;

# Every object is in one of the lists.
is( $admin->must(<<'SQL')->output,
SELECT string_agg(DISTINCT name, ' ' ORDER BY name) FROM (
	SELECT proname::text AS name FROM pg_depend JOIN pg_proc p ON p.oid = objid
	WHERE classid = 'pg_proc'::regclass AND deptype = 'e'
		AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'glue_conn')
	UNION ALL
	SELECT relname FROM pg_depend JOIN pg_class c ON c.oid = objid
	WHERE classid = 'pg_class'::regclass AND deptype = 'e' AND relkind IN ('r', 'v')
		AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'glue_conn')) AS objects
SQL
	list(keys %public, @reader, @operator, @monitor, @nobody),
	'each object is of one kind');
is($before, list(@everyone), 'objects for everyone');

my %bundles = (
	reader => \@reader,
	operator => [ @reader, @operator ],
	monitor => \@monitor);
foreach my $privilege (sort keys %bundles)
{
	$admin->must("SELECT glue_grant('\"a Role\"', '$privilege')");
	is(usable_by('a Role'), list(keys %public, @{ $bundles{$privilege} }),
		"$privilege: its objects");
	is(usable_by('other'), $before, "$privilege: and nobody else");
	$admin->must("SELECT glue_revoke('\"a Role\"', '$privilege')");
	is(usable_by('a Role'), $before, "$privilege: until it is taken away");
}

# A server goes with it.
$admin->must('CREATE SERVER shop FOREIGN DATA WRAPPER glue_conn;'
	  . " SELECT glue_grant('other', 'operator', server => 'shop')");
my $other = $cluster->session(user => 'other');
is($other->must(create_sql(jdbc('mine'), server => 'shop'))->output, 'READY',
	'an operator creates by a server');
is($other->must("SELECT status FROM glue_connection_summary WHERE name = 'mine'")
	  ->output, 'READY', 'and sees it');
$admin->must("SELECT glue_revoke('other', 'operator', server => 'shop')");
is($other->query(create_sql(jdbc('more'), server => 'shop'))->sqlstate, '42501',
	'and no more, when it is taken away');

# A monitor sees other roles' activity, but not the input.
$admin->must("SELECT glue_grant('\"a Role\"', 'monitor')");
my $monitor = $cluster->session(user => q{'a Role'});
$admin->must(enqueue_create_sql(referring('x')));

is($monitor->must('SELECT count(*) FROM glue_request')->output, 0,
	'a monitor sees no request');
is($monitor->must('SELECT sum(queued + running + succeeded + failed) > 0'
	  . ' FROM glue_request_summary')->output, 't', 'but how many there are');
is($monitor->query('SELECT glue_rates()')->sqlstate, '00000', 'and the limits');
is($other->must('SELECT sum(queued + running + succeeded + failed)'
	  . ' FROM glue_request_summary')->output, 1, 'others see their own');
$admin->must("SELECT glue_revoke('\"a Role\"', 'monitor')");
is($monitor->must('SELECT sum(queued + running + succeeded + failed)'
	  . ' FROM glue_request_summary')->output, 0, 'nor does it afterwards');

# Rejected grants
my %refused = (
	q{glue_grant('other', 'owner')} => [ '22023', qr/privilege "owner" does not exist/ ],
	q{glue_grant('other', NULL)} => [ '22004', qr/must not be null/ ],
	q{glue_grant(NULL, 'reader')} => [ '22004', qr/must not be null/ ],
	q{glue_grant(4294967290::oid::regrole, 'reader')} => [ '42704', qr/does not exist/ ],
	q{glue_grant('other', 'reader', 'nowhere')} => [ '42704', qr/server "nowhere" does not exist/ ]);
foreach my $call (sort keys %refused)
{
	my ($sqlstate, $message) = @{ $refused{$call} };
	my $result = $admin->query("SELECT $call");

	is($result->sqlstate, $sqlstate, "$call is refused");
	like($result->message, $message, "$call: with the reason");
}
is(usable_by('other'), $before, 'and nothing is granted then');
is($other->query("SELECT glue_grant('other', 'reader')")->sqlstate, '42501',
	'nobody grants objects of others');
$admin->must('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO other;'
	  . ' GRANT SELECT ON glue_privilege TO other');
like($other->query("SELECT glue_grant('other', 'reader')")->message,
	qr/must be owner of extension glue_conn/, 'not even with all functions');
$admin->must('REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM other;'
	  . ' REVOKE ALL ON glue_privilege FROM other');

# A hostile search_path changes nothing.
$admin->must(<<'SQL');
CREATE SCHEMA hostile;
CREATE VIEW hostile.glue_privilege AS
	SELECT 'reader' AS privilege, 'ALL FUNCTIONS IN SCHEMA public' AS object,
		'EXECUTE ON' AS kind;
CREATE FUNCTION hostile.format(text, VARIADIC text[]) RETURNS text
	LANGUAGE sql AS 'SELECT ''ALTER ROLE other SUPERUSER''';
SET search_path = hostile, public, pg_catalog;
SELECT glue_grant('other', 'reader');
RESET search_path;
SQL
is(usable_by('other'), list(keys %public, @reader), 'a hostile search_path changes nothing');

# Dumped and restored
$admin->must("SELECT glue_grant('\"a Role\"', 'monitor')");
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump.sql';
$cluster->node->command_ok([ 'pg_dump', '-f', $dump, 'postgres' ], 'a dump');
$admin->must('CREATE DATABASE copy');
$cluster->node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, 'copy' ],
	'is restored');
$admin->quit;
$admin = $cluster->session(database => 'copy');
is(usable_by('other'), list(keys %public, @reader), 'with the grants to one role');
is(usable_by('a Role'), list(keys %public, @monitor), 'and to another');

$cluster->finish;
done_testing();
