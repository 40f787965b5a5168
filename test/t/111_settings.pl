# Copyright (c) 2026, glue_conn contributors
#
# Workers obey the settings of the server and of the database, and no role's;
# and none stops them.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::LocalGlue;
use GlueConn::Queue;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1, conf => "max_worker_processes = 100\n");
my $glue = $cluster->glue;
my $node = $cluster->node;
my $elsewhere = GlueConn::LocalGlue->new(
	stderr => "$PostgreSQL::Test::Utils::tmp_check/elsewhere")->start;
$elsewhere->add_credentials(access_key => $glue->access_key,
	secret_key => $glue->secret_key);

# Sessions are not those of the role that workers run as.
my $workers_role = $cluster->query('SELECT rolname FROM pg_roles'
	  . ' WHERE oid = 10')->output;
$cluster->query(<<'SQL');
CREATE ROLE admin SUPERUSER LOGIN;
CREATE ROLE nobody;
SQL
my $ndatabases = 0;

# The sessions' own settings in these tests.
my %own = (search_path => 'public');

# A new database without sessions so far.
sub new_database
{
	my $name = 'd' . ++$ndatabases;

	$cluster->query("CREATE DATABASE $name");
	$cluster->query('CREATE EXTENSION glue_conn', database => $name);
	return $name;
}

sub session_in
{
	my ($database) = @_;

	return $cluster->session(database => $database, user => 'admin',
		settings => { %own });
}

# Is something so, sooner or later?
sub comes
{
	my ($session, $condition, $what) = @_;

	ok(eval { wait_until(sub {
		$session->must("SELECT $condition")->output eq 't'; }, $what) }, $what);
	return;
}

# A queued request, a call that acts at once, and one that is rolled back, all
# by way of the workers.
sub works
{
	my ($database, $what, $where, $other) = @_;
	my $session = session_in($database);
	my @names = map { "$database $_" } qw(queued kept undone);

	enqueue($session, referring($names[0]));
	my $result = $session->query(create_sql(referring($names[1])));
	is($result->output, 'READY', "$what: a call acts at once")
	  or diag $result->text;
	$session->query('BEGIN; ' . create_sql(referring($names[2])) . '; ROLLBACK');
	comes($session, 'count(*) = 3 AND bool_and(finished_at IS NOT NULL)'
		  . ' FROM glue_request', "$what: all have ended");
	is($session->must('SELECT connection_name, state FROM glue_request ORDER BY id')
		  ->output, "$names[0]|succeeded\n$names[1]|succeeded\n$names[2]|rolled_back",
		"$what: as they should");
	is(join(', ', map { defined $where->connection($_) ? 1 : 0 } @names),
		'1, 1, 0', "$what: with their connections");
	is(scalar(grep { defined $other->connection($_) } @names), 0,
		"$what: and nowhere else") if defined $other;
	$session->quit;
	return;
}

#
# The settings that apply
#

my $database = new_database();
my $endpoint = "SET glue_conn.endpoint_url = '" . $elsewhere->url . q[';];
my $ca_file = "SET glue_conn.ca_file = '" . $elsewhere->ca_file . q[';];
foreach my $whose ("ROLE $workers_role", "ROLE $workers_role IN DATABASE %s")
{
	my $of = sprintf $whose, $database;

	$cluster->query("ALTER $of $endpoint ALTER $of $ca_file");
	works($database, $whose, $glue, $elsewhere);
	$cluster->query("ALTER $of RESET ALL");
	$database = new_database();
}

# The database's count, even if the role has others.
$cluster->query("ALTER DATABASE $database $endpoint"
	  . "ALTER DATABASE $database $ca_file"
	  . "ALTER ROLE $workers_role IN DATABASE $database"
	  . " SET glue_conn.endpoint_url = '" . $glue->url . q[']);
works($database, 'DATABASE', $elsewhere, $glue);

# So do those of all databases, and a file that is read again.
$database = new_database();
$cluster->query("ALTER ROLE ALL $endpoint ALTER ROLE ALL $ca_file");
works($database, 'ROLE ALL', $elsewhere, $glue);
$cluster->query('ALTER ROLE ALL RESET ALL');

$database = new_database();
$cluster->query("ALTER ROLE $workers_role SET glue_conn.request_timeout = '1h'");
my $session = session_in($database);
enqueue_delete($session, 'nothing', missing_ok => 't');
comes($session, "EXISTS (SELECT FROM pg_stat_activity WHERE datname = '$database'"
	  . " AND backend_type = 'glue_conn worker' AND state = 'idle')",
	'a worker waits for work');
$node->append_conf('postgresql.conf', "glue_conn.request_timeout = '300ms'\n"
	  . "glue_conn.max_request_attempts = 1\nglue_conn.max_attempts = 1\n");
$glue->misbehave(operation => 'CreateConnection', kind => 'stall', seconds => 600,
	name => 'reloaded');
$node->reload;
wait_until(sub { $session->must('SHOW glue_conn.request_timeout')->output eq '300ms' },
	'the file is read again');
enqueue($session, referring('reloaded'));
comes($session, "EXISTS (SELECT FROM glue_request WHERE error_message"
	  . " LIKE '%300 ms%')", 'a reload counts');
$session->quit;
$cluster->query("ALTER ROLE $workers_role RESET ALL");
$node->append_conf('postgresql.conf', "glue_conn.request_timeout = '60s'\n"
	  . "glue_conn.max_request_attempts = 20\nglue_conn.max_attempts = 3\n");
$node->reload;
$glue->behave;

#
# Settings that would stop or alter a worker
#

my %bad = (
	default_transaction_read_only => 'on',
	default_transaction_isolation => 'serializable',
	default_transaction_deferrable => 'on',
	statement_timeout => '1ms',
	lock_timeout => '1ms',
	idle_in_transaction_session_timeout => '1ms',
	row_security => 'off',
	session_replication_role => 'replica',
	exit_on_error => 'on',
	role => 'nobody',
	session_authorization => 'nobody',
	search_path => 'evil',
	synchronous_commit => 'off');
my %good = (
	default_transaction_read_only => 'off',
	default_transaction_isolation => 'read\ committed',
	default_transaction_deferrable => 'off',
	statement_timeout => '0',
	lock_timeout => '0',
	idle_in_transaction_session_timeout => '0',
	row_security => 'on',
	session_replication_role => 'origin',
	exit_on_error => 'off',
	role => 'none',
	session_authorization => 'admin',
	search_path => 'public',
	synchronous_commit => 'on');
if ($node->pg_version >= 17)
{
	$bad{transaction_timeout} = '1ms';
	$good{transaction_timeout} = '0';
}
foreach my $name (sort keys %bad)
{
	foreach my $whose ('DATABASE %s', "ROLE $workers_role IN DATABASE %s")
	{
		$database = new_database();
		$cluster->query('CREATE TABLE recorded (name text, who name);'
			  . ' CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS'
			  . ' $$BEGIN INSERT INTO public.recorded VALUES (new.name, session_user);'
			  . ' RETURN NULL; END$$;'
			  . ' CREATE TRIGGER note AFTER INSERT ON glue_connection'
			  . ' FOR EACH ROW EXECUTE FUNCTION note()', database => $database);
		$cluster->query(sprintf "ALTER $whose SET $name = $bad{$name}", $database);
		local $own{$name} = $good{$name};
		works($database, sprintf("$whose, $name", 'd'), $glue);
		my $check = session_in($database);
		is($check->must('SELECT name, who FROM recorded ORDER BY name')->output,
			"$database kept|admin\n$database queued|$workers_role",
			"$whose, $name: triggers have fired");
		$check->quit;
	}
}

# An error that is expected ends no worker.
$database = new_database();
$cluster->query("ALTER DATABASE $database SET exit_on_error = on");
$own{exit_on_error} = 'off';
$session = session_in($database);
$session->must(create_sql(referring('locked')));
$session->must("BEGIN; SELECT FROM glue_connection WHERE name = 'locked' FOR UPDATE");
my $watcher = session_in($database);
my $waits = "EXISTS (SELECT FROM pg_stat_activity WHERE datname = '$database'"
  . " AND backend_type = 'glue_conn worker' AND wait_event_type = 'Lock')";
enqueue_update($watcher, referring('locked'));
comes($watcher, $waits, 'a worker waits for a lock');
comes($watcher, "NOT $waits", 'and has waited');
$session->must('ROLLBACK');
comes($watcher, "EXISTS (SELECT FROM glue_request WHERE operation ="
	  . " 'UpdateConnection' AND state = 'succeeded')", 'exit_on_error: it continues');
ok(slurp_file($node->logfile) !~ /FATAL:  canceling statement/,
	'exit_on_error: and has not ended');
$_->quit foreach ($session, $watcher);
delete $own{exit_on_error};

# Operators of others never run as the owner of the tables.
$database = new_database();
$cluster->query(<<"SQL", database => $database);
CREATE SCHEMA evil;
CREATE TABLE evil.caught (who text);
DO \$do\$
DECLARE
	t text;
	o text;
BEGIN
	FOREACH t IN ARRAY '{timestamptz,text,int8,int4,oid,name,tid,xid}'::text[] LOOP
		FOREACH o IN ARRAY '{<,<=,=,<>,>=,>}'::text[] LOOP
			IF t = 'xid' AND o NOT IN ('=', '<>') THEN CONTINUE; END IF;
			EXECUTE format('CREATE OR REPLACE FUNCTION evil.f(a %1\$s, b %1\$s)'
				' RETURNS boolean LANGUAGE plpgsql AS \$\$BEGIN'
				' INSERT INTO evil.caught VALUES (current_user);'
				' RETURN true; END\$\$', t);
			EXECUTE format('CREATE OPERATOR evil.%2\$s (FUNCTION = evil.f,'
				' LEFTARG = %1\$s, RIGHTARG = %1\$s)', t, o);
		END LOOP;
	END LOOP;
END\$do\$;
SQL
$cluster->query("ALTER DATABASE $database SET search_path = evil, pg_catalog");
$node->append_conf('postgresql.conf', "glue_conn.request_retention = 0\n");
$node->reload;
$session = session_in($database);
enqueue_delete($session, 'old', missing_ok => 't');
comes($session, "EXISTS (SELECT FROM glue_request WHERE state = 'succeeded')",
	'a request has ended');
comes($session, "NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = '$database'"
	  . " AND backend_type = 'glue_conn worker')", 'the worker exits');
enqueue_delete($session, 'new', missing_ok => 't');
comes($session, "NOT EXISTS (SELECT FROM glue_request WHERE connection_name = 'old')",
	'requests that have ended are deleted');
is($session->must('SELECT count(*) FROM evil.caught')->output, '0',
	'operators of others are not used');
$session->quit;

#
# A session that processes the queue itself
#

my $here = $cluster->session;
$cluster->configure($here, 'glue_conn.databases' => 'nothing',
	'glue_conn.request_retention' => -1);
$database = new_database();
$session = session_in($database);
my $id = enqueue($session, referring('theirs'));
my %decides = (
	endpoint_url => $elsewhere->url,
	profile => 'other',
	config_file => '/nowhere',
	credentials_file => '/nowhere',
	ca_file => $elsewhere->ca_file,
	proxy => 'http://127.0.0.1:1',
	secret_key_file => '/nowhere',
	use_fips_endpoint => 'on',
	use_dualstack_endpoint => 'on',
	connect_timeout => '1ms',
	request_timeout => '1ms',
	max_attempts => '1',
	max_request_attempts => '1',
	max_requests_per_second => '1');

# The error of a call in a session that has these settings.
sub refused
{
	my ($caller, $what, @lines) = @_;
	my $result = $caller->query('CALL glue_process_requests()');
	my $text = $result->text;

	is($result->sqlstate, '55000', "$what: refused");
	$text =~ s/^[A-Z]+:  [0-9A-Z]{5}: //;
	is(join("\n", $text =~ /^(?:DETAIL:  )?("glue_conn\..* was set .*)$/mg),
		join("\n", @lines), "$what: all of them are named");
	return;
}

foreach my $name (sort keys %decides)
{
	$session->must("SET glue_conn.$name = '$decides{$name}'");
	refused($session, $name, qq("glue_conn.$name" was set in the session.));
	$session->must("RESET glue_conn.$name");
}
$session->must('SET glue_conn.request_timeout = 1; SET glue_conn.profile = other');
refused($session, 'two', '"glue_conn.profile" was set in the session.',
	'"glue_conn.request_timeout" was set in the session.');
$session->quit;

$cluster->query(<<"SQL");
ALTER ROLE admin SET glue_conn.use_fips_endpoint = on;
ALTER ROLE admin IN DATABASE $database SET glue_conn.max_attempts = 1;
SQL
$own{'glue_conn.request_timeout'} = '1ms';
$session = session_in($database);
refused($session, 'each source',
	'"glue_conn.use_fips_endpoint" was set for the role.',
	'"glue_conn.request_timeout" was set by the client when it connected.',
	'"glue_conn.max_attempts" was set for the role in this database.');
$session->quit;
delete $own{'glue_conn.request_timeout'};
$cluster->query('ALTER ROLE admin RESET ALL;'
	  . " ALTER ROLE admin IN DATABASE $database RESET ALL");

$session = session_in($database);
is(state_of($session, $id, 'attempts'), 'queued|0', 'the request is unchanged');

# Settings that do not concern requests, and those of the database; and
# settings that would alter the processing.
$cluster->query('CREATE TABLE recorded (name text);'
	  . ' CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS'
	  . ' $$BEGIN INSERT INTO public.recorded VALUES (new.name);'
	  . ' RETURN NULL; END$$;'
	  . ' CREATE TRIGGER note AFTER INSERT ON glue_connection'
	  . ' FOR EACH ROW EXECUTE FUNCTION note(); GRANT SELECT ON recorded TO PUBLIC',
	database => $database);
$cluster->query("ALTER DATABASE $database $endpoint ALTER DATABASE $database $ca_file");
$session->quit;
$own{default_transaction_isolation} = 'serializable';
$session = session_in($database);
$session->must(<<'SQL');
SET glue_conn.region = 'eu-central-1';
SET glue_conn.on_rollback = 'keep';
SET glue_conn.allow_unknown_members = on;
SET glue_conn.max_concurrent_requests = 1;
SET session_replication_role = replica;
SQL
is($session->query('CALL glue_process_requests()')->sqlstate, '00000',
	'a setting without effect is accepted');
is($session->must("SELECT error_code FROM glue_request WHERE id = $id")->output,
	'target changed', 'but where the database says is elsewhere now');
$session->must("SELECT glue_retry_request($id)");
work($session);
is(state_of($session, $id), 'succeeded', 'the request succeeds');
ok(defined $elsewhere->connection('theirs'), 'where the database says');
is($elsewhere->connection('theirs')->{region}, 'us-east-1',
	'and in the region of its session');
is($session->must('TABLE recorded')->output, 'theirs', 'triggers have fired');
is($session->must('SHOW session_replication_role; SHOW transaction_isolation')->output,
	"replica\nserializable", 'the session is as it was');
$_->quit foreach ($session, $here);

$elsewhere->stop;
$cluster->finish;
done_testing();
