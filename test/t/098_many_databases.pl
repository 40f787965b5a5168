# Copyright (c) 2026, glue_conn contributors
#
# Many more databases than there is room for workers: those without the
# extension, those that come and go, and those that all have work at a time.

use strict;
use warnings;

use GlueConn::Callers qw(role);
use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1, conf => <<'CONF');
log_min_messages = debug1
autovacuum = off
glue_conn.max_concurrent_requests = 1
CONF
my $glue = $cluster->glue;
my $node = $cluster->node;
my $session = $cluster->session;

# Run statements in a database.
sub in_database
{
	my ($database, $sql) = @_;
	my $own = $cluster->session(database => $database);
	my $output = $own->must($sql)->output;

	$own->quit;
	return $output;
}

sub logged { return substr slurp_file($node->logfile), $_[0]; }

# How many workers for queues were started since a position in the log, for each
# database.
sub started
{
	my $log = logged(@_);
	my %started;

	$started{$1}++
	  while $log =~ /starting background worker process "glue_conn worker for database (\d+)"/g;
	return \%started;
}

sub oids
{
	my ($pattern) = @_;

	return split ' ', $session->must("SELECT string_agg(oid::text, ' ')"
		  . " FROM pg_database WHERE datname ~ '$pattern'")->output;
}

my $no_room = qr/could not start a background worker/;

$session->must('CREATE DATABASE model');
in_database('model', 'CREATE EXTENSION glue_conn');
$session->must("CREATE DATABASE bare$_ TEMPLATE template0") for 1 .. 80;
$session->must("CREATE DATABASE app$_ TEMPLATE model") for 1 .. 8;
$session->must("CREATE DATABASE half_dropped; UPDATE pg_database SET datconnlimit = -2"
	  . " WHERE datname = 'half_dropped'");

#
# After a start of the server, one look at each
#

$session->quit;
my $position = -s $node->logfile;
$cluster->in_environment(sub { $node->restart });
$session = $cluster->session;
my @bare = oids('^bare');
is(in_database('app1', create_sql(referring('first'))), 'READY',
	'a call while the databases are looked at');
wait_until(sub {
	my $started = started($position);

	return !grep { !$started->{$_} } @bare, oids('^app');
}, 'every database is looked at');
wait_for_no_workers($session);
ok(logged($position) !~ $no_room, 'there is room all the time');
my $started = started($position);
is(scalar(grep { $started->{$_} > 1 } @bare), 0,
	'databases without the extension are looked at once');
is($started->{ (oids('^half_dropped$'))[0] }, undef,
	'those that nobody can connect to are not');
$position = -s $node->logfile;
$node->reload;
in_database('app1', enqueue_create_sql(referring('news')));
wait_until(sub { $glue->created('news') }, 'a request');
is_deeply([ keys %{ started($position) } ], [ oids('^app1$') ],
	'news of one has no others looked at');

#
# Databases that come and go, with requests that wait
#

$position = -s $node->logfile;
$glue->misbehave(operation => 'CreateConnection', kind => 'error', code => 'RequestTimeoutException', status => 400,
	times => 0);
foreach my $i (1 .. 70)
{
	$session->must("CREATE DATABASE gone$i TEMPLATE model");
	in_database("gone$i", enqueue_create_sql(referring("gone$i")));
	$session->must("DROP DATABASE gone$i WITH (FORCE)");
}
$glue->behave;
is(in_database('app2', create_sql(referring('second'))), 'READY', 'a call after that');
in_database('app3', enqueue_create_sql(referring('third')));
wait_until(sub { $glue->created('third') }, 'a request after that');
ok(logged($position) !~ $no_room, 'there is room all the time');
my %missed;
my $log = logged($position);
$missed{$1}++ while $log =~ /FATAL:  database (\d+) does not exist/g;
is(scalar(grep { $_ > 1 } values %missed), 0,
	'no worker is started again for a database that is gone');

#
# More databases with long queues than there is room for
#

$glue->misbehave(operation => 'CreateConnection', kind => 'slow',
	delay_ms => 200, times => 0);
in_database('app1', server_sql('denied', $glue->access_key, $glue->secret_key,
	options => 'role_arn ' . literal(role('denied'))));
$glue->misbehave(operation => 'AssumeRole', kind => 'error', code => 'AccessDenied',
	status => 403, delay_ms => 1500, times => 0);
my $denied = in_database('app1', enqueue_create_sql(referring('denied'), server => 'denied'));
foreach my $i (1 .. 8)
{
	in_database("app$i", 'SELECT count(glue_enqueue_create_connection('
		  . literal(json_text(referring('NAME'))) . "::jsonb || jsonb_build_object('Name', 'app$i-' || n)))"
		  . ' FROM generate_series(1, 200) n');
}
wait_until(sub { workers($session) >= 6 }, 'there is no room left');
is(in_database('postgres', create_sql(referring('urgent'))), 'READY',
	'a call is recorded all the same');
wait_until(sub {
	!grep { !$glue->created("app$_-1") } 1 .. 8;
}, 'all queues are processed');
wait_until(sub {
	in_database('app1', "SELECT error_code FROM glue_request WHERE id = $denied")
		eq 'AccessDenied';
}, 'a failure');
is($glue->created('app1-200'), 0, 'at the same time, and a target without credentials fails');
$glue->behave;
wait_until(sub {
	!grep { !$glue->created("app$_-200") } 1 .. 8;
}, 'all requests are carried out');

$session->quit;
$cluster->finish;
done_testing();
