# Copyright (c) 2026, glue_conn contributors
#
# A pooler in transaction mode: PgBouncer gives each transaction of a client a
# backend that other clients have used, with their settings.
#
# docs/tools.md has the supported features.  The pool has one backend, so that
# two clients always share it.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Session;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1);
my $admin = $cluster->session;
my $node = $cluster->node;
my $port = PostgreSQL::Test::Cluster::get_free_port();
my $directory = PostgreSQL::Test::Utils::tempdir();
my $pooler;

# Start a pooler with these lines in its settings.
sub start_pooler
{
	my (@lines) = @_;
	my $file = "$directory/pgbouncer.ini";

	unlink $file;
	append_to_file($file, join "\n", '[databases]',
		'postgres = host=' . $node->host . ' port=' . $node->port
		  . ' user=' . scalar(getpwuid($<)),
		'[pgbouncer]', 'listen_addr = 127.0.0.1', "listen_port = $port",
		'unix_socket_dir =', 'auth_type = any', 'pool_mode = transaction',
		'default_pool_size = 1', "logfile = $PostgreSQL::Test::Utils::log_path/pgbouncer.log",
		@lines, '');
	$pooler = fork // die "could not fork: $!";
	if ($pooler == 0)
	{
		exec '/usr/sbin/pgbouncer', '-q', $file or POSIX::_exit(127);
	}
	wait_until(sub {
		system_log('psql', '-X', '-c', 'SELECT 1', connstr()) == 0;
	}, 'the pooler answers');
	return;
}

sub stop_pooler
{
	kill 'INT', $pooler;
	waitpid $pooler, 0;
	undef $pooler;
	return;
}

END
{
	my $status = $?;

	stop_pooler() if $pooler;
	$? = $status;
}

sub connstr { return "host=127.0.0.1 port=$port dbname=postgres user=app" }

sub client { return GlueConn::Session->new(connstr()) }

sub region_of
{
	return $_[0]->must('SHOW glue_conn.region')->output;
}

sub recorded_region
{
	my ($name) = @_;

	return $admin->must(
		"SELECT region FROM glue_connection WHERE name = '$name'")->output;
}

#
# Settings
#

start_pooler();
my ($first, $second) = (client(), client());

is($first->pid, $second->pid, 'two clients share a backend');
$first->must("SET glue_conn.region = 'eu-west-1'");
is(region_of($second), 'eu-west-1', 'a setting of one reaches the other');
$first->must('RESET glue_conn.region');

$first->must("BEGIN; SET LOCAL glue_conn.region = 'eu-west-1'; "
	  . create_sql(jdbc('local')) . '; COMMIT');
is(recorded_region('local'), 'eu-west-1', 'SET LOCAL decides for its transaction');
is(region_of($second), 'us-east-1', 'and for no other client');

$admin->must("CREATE SERVER elsewhere FOREIGN DATA WRAPPER glue_conn"
	  . " OPTIONS (region 'eu-west-1')");
$first->must(create_sql(jdbc('by_server'), server => 'elsewhere'));
is(recorded_region('by_server'), 'eu-west-1', 'so does a server');
is(region_of($second), 'us-east-1', 'and for that call alone');

$admin->must("ALTER DATABASE postgres SET glue_conn.region = 'eu-west-1'");
stop_pooler();
start_pooler();
($first, $second) = (client(), client());
$first->must(create_sql(jdbc('by_database')));
is(recorded_region('by_database'), 'eu-west-1',
	'and the setting of the database, from the next connection of the pooler on');
$admin->must('ALTER DATABASE postgres RESET glue_conn.region');

stop_pooler();
start_pooler('server_reset_query_always = 1');
($first, $second) = (client(), client());
is($first->pid, $second->pid, 'with server_reset_query_always, too, one backend');
$first->must("SET glue_conn.region = 'eu-west-1'");
is(region_of($second), 'us-east-1', 'a setting of one does not reach the other');
stop_pooler();

#
# Transactions
#

start_pooler();
($first, $second) = (client(), client());
$first->must('BEGIN; ' . create_sql(jdbc('rolled_back')) . '; ROLLBACK');
ok(wait_until(sub { !$cluster->glue->connection('rolled_back') }, 'undone'),
	'a rolled-back connection is deleted');

$first->must('BEGIN; ' . create_sql(jdbc('lost_client')));
kill 'KILL', $first->{psql};
ok(wait_until(sub { !$cluster->glue->connection('lost_client') }, 'undone'),
	'so is the connection of a client that is gone before it commits');

my $id = $second->must(enqueue_create_sql(referring('queued')))->output;
is($second->must("SELECT glue_wait_request($id)")->output,
	'succeeded', 'requests are carried out and waited for');
is($second->must(get_sql('queued'))->sqlstate, '00000', 'and calls made');

$cluster->finish;
done_testing();
