# Copyright (c) 2026, glue_conn contributors
#
# No session exhausts a shared resource: neither a transaction with many calls,
# which has the locks of its target, nor the sessions of a database, which have
# only a share of the journal's boxes, nor many databases.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use GlueConn::Resolved;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1, conf => <<'CONF');
max_connections = 120
max_worker_processes = 100
log_min_messages = debug1
CONF
my $session = $cluster->session;
my $resolved = GlueConn::Resolved->new($cluster->glue, $cluster->node);

sub create { return create_sql(referring($_[0])); }

#
# A target
#

# Calls at another target only block themselves.
my $many = 1100;
my $elsewhere = $cluster->session(
	settings => { 'glue_conn.region' => 'eu-west-1' });

$session->must('BEGIN');
$session->must("SELECT count(glue_delete_connection('none ' || i, missing_ok => true))"
	  . " FROM generate_series(1, $many) AS i");
cmp_ok($session->must("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
		  . ' AND pid = pg_backend_pid()')->output, '<', 1020,
	'a transaction with many calls does not take all locks');
my $other = $cluster->session(settings => { lock_timeout => '100ms' });
is($other->query(create($_))->sqlstate, '55P03', "its target: $_ is locked")
  foreach 'none 1100', 'none 1', 'x';
$elsewhere->must("SET lock_timeout = '100ms'");
is($elsewhere->query(create('x'))->output, 'READY', 'another target: a creation');
is($elsewhere->query(delete_sql('x', missing_ok => 't'))->output, 't',
	'another target: a deletion');
my $waits = enqueue($other, referring('queued'));
my $goes_on = enqueue($elsewhere, referring('queued'));
wait_until(sub { state_of($other, $goes_on) eq 'succeeded' }, 'a request for another target');
is(state_of($other, $waits), 'queued', 'a request for its target waits');

# A session that locks all names of yet another target waits for those that
# have some.
$elsewhere->must('BEGIN; ' . create('y'));
$session->must("SET glue_conn.region = 'eu-west-1'; SET lock_timeout = '100ms'; SAVEPOINT s");
is($session->query(delete_sql('z', missing_ok => 't'))->sqlstate, '55P03',
	'all names of another target: waits for the session that has locked one');
$session->must('ROLLBACK TO s');
$elsewhere->must('COMMIT');
is($session->query(delete_sql('z', missing_ok => 't'))->output, 'f', 'and continues after that');
is($elsewhere->query(create('z'))->sqlstate, '55P03', 'and then has locked all');
$session->must('COMMIT');
is($elsewhere->query(create('z'))->output, 'READY', 'until it ends');
wait_until(sub { state_of($other, $waits) eq 'succeeded' }, 'the request for its target');
$resolved->wait;
pass('all of that is resolved');

#
# A database
#

# The journal's workers of two databases are stopped, and each has more sessions
# with an intent to record than it can have boxes.
my @databases = ('postgres', 'second', 'third');
$session->must("CREATE DATABASE $_") foreach @databases[1, 2];
$cluster->query('CREATE EXTENSION glue_conn', database => $_)
  foreach @databases[1, 2];

sub stop_worker
{
	my ($database) = @_;
	my $caller = $cluster->session(database => $database);
	my $kind = "backend_type = 'glue_conn journal worker'"
	  . ' AND datname = ' . literal($database);
	my $worker;

	wait_until(sub {
		$caller->must(delete_sql('nobody', missing_ok => 't'));
		$worker = $session->must("SELECT pid FROM pg_stat_activity WHERE $kind")->output;
		$worker ne '' && kill 'STOP', $worker;
	}, 'a worker');
	$caller->quit;
	return $worker;
}

# How many calls of a database wait for a box, or for the worker.
sub waiting
{
	my ($database) = @_;

	return $session->must('SELECT count(*) FROM pg_stat_activity'
		  . " WHERE state = 'active' AND wait_event ~ '^(?:Extension|GlueConnJournal)'"
		  . " AND query ~ 'missing_ok' AND datname = " . literal($database))->output;
}

sub send_calls
{
	my ($database, $callers) = @_;

	$callers->[$_]->send(delete_sql("nobody $database $_", missing_ok => 't'))
	  foreach 0 .. $#$callers;
	wait_until(sub { waiting($database) == @$callers },
		"the calls of $database wait");
	return;
}

sub went_on
{
	return scalar grep { $_->result->output eq 'f' } @_;
}

my @first = map { $cluster->session } 1 .. 50;
my @second = map { $cluster->session(database => 'second') } 1 .. 25;
my $third = $cluster->session(database => 'third');
my $first_worker = stop_worker('postgres');
my $second_worker = stop_worker('second');

send_calls('postgres', \@first);
send_calls('second', \@second);
is($third->query(create('of the third'))->output, 'READY',
	'a call of a database');
is(waiting($_->[0]), $_->[1], "does not wait for those of $_->[0]")
  foreach [ postgres => scalar @first ], [ second => scalar @second ];
kill 'CONT', $second_worker;
is(went_on(@second), scalar @second,
	'a call gets a box before others that wait for longer and may have none');
kill 'CONT', $first_worker;
is(went_on(@first), scalar @first, 'and so do these when they may');

# Sessions that wait for a box may be cancelled, or get one meanwhile.
$first_worker = stop_worker('postgres');
$second_worker = stop_worker('second');
send_calls('postgres', \@first);
$session->must('SELECT pg_cancel_backend(' . $_->pid . ')') foreach @first;
is(scalar(grep { $_->result->sqlstate eq '57014' } @first), scalar @first,
	'all calls are cancelled');
send_calls('postgres', [ @first[0 .. 39] ]);
send_calls('second', \@second);
$session->must('SELECT pg_terminate_backend(' . $_->pid . ')') foreach @first[0 .. 35];
$_->result foreach @first[0 .. 35];
is($third->query(create('third again'))->output, 'READY',
	'another call of that database');
is(waiting('postgres'), 4, 'does not wait either');
kill 'CONT', $first_worker, $second_worker;
is(went_on(@first[36 .. 39]), 4, 'and the waiting sessions');
is(went_on(@second), scalar @second, 'of both databases');
$resolved->wait;

#
# Many databases
#

# More databases than notes about them.
my $ndatabases = 70;
my $node = $cluster->node;
$session->must('CREATE DATABASE model');
$cluster->query('CREATE EXTENSION glue_conn', database => 'model');
$session->must("CREATE DATABASE d$_ TEMPLATE model") foreach 1 .. $ndatabases;
my @oids = split /\n/, $session->must(
	q[SELECT oid FROM pg_database WHERE datname ~ '^d[0-9]'])->output;

# How often a worker was started for each of them.
sub starts
{
	my %starts = map { $_ => 0 } @oids;

	$starts{$_}++ foreach grep { exists $starts{$_} } slurp_file($node->logfile) =~
	  /starting background worker process "glue_conn worker for database (\d+)"/g;
	return values %starts;
}

# The launcher looks for databases when the configuration is read again.
$node->reload;
wait_until(sub { !grep { $_ == 0 } starts() }, 'a worker of each database');
wait_for_no_workers($session);
$third->must(create('while they are idle'));
wait_for_no_workers($session);
is(scalar(grep { $_ > 1 } starts()), 0,
	'a worker that has exited without requests is not started again');

# All have requests before the launcher has that news.
my ($launcher) = workers($session, 'launcher');
kill 'STOP', $launcher;
foreach my $i (1 .. $ndatabases)
{
	my $caller = $cluster->session(database => "d$i");
	enqueue($caller, referring("of d$i"));
	$caller->quit;
}
kill 'CONT', $launcher;
wait_until(sub {
	my %created = map { $_->{name} => 1 } @{ $cluster->glue->state->{connections} };
	!grep { !$created{"of d$_"} } 1 .. $ndatabases;
}, 'the requests of all databases');
pass('no database with requests is forgotten');

$_->quit foreach $session, $other, $elsewhere, @first, @second, $third;
$cluster->finish;
done_testing();
