# Copyright (c) 2026, glue_conn contributors
#
# A backend that waits for AWS can be interrupted at any time, and is no worse
# for it.
#
# There are four places to wait at: for a connection, for a handshake, for an
# answer, and for the next attempt.  At each of them, every kind of interrupt
# must end the wait at once, with its own SQLSTATE; an exception handler must
# not swallow it; the same backend must be able to go on; and nothing may be
# left open.  Other sessions must not be held up meanwhile, and a backend whose
# postmaster was killed must not stay.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Socket qw(:DEFAULT SOCK_NONBLOCK);
use Test::More;
use Time::HiRes qw(sleep time);

# "At once", in seconds, for a machine that is busy.  All time limits of the
# extension are far longer.
my $soon = 5;

my $cluster = GlueConn::Cluster->start(conf => <<'CONF');
glue_conn.connect_timeout = '100s'
glue_conn.request_timeout = '200s'
CONF
my $glue = $cluster->glue;
my $admin = $cluster->session;

# A port that does not answer: its queue of connections is full, and the kernel
# drops what else wants to connect.
my (@queue, $black_hole);
{
	socket(my $listener, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
	bind($listener, sockaddr_in(0, INADDR_LOOPBACK)) or die "bind: $!";
	listen($listener, 0) or die "listen: $!";
	my $address = getsockname($listener);
	($black_hole) = sockaddr_in($address);
	@queue = ($listener);

	# it is full when a connection is not made at once
	for (my $full = 0; !$full;)
	{
		socket(my $client, PF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)
		  or die "socket: $!";
		connect($client, $address);
		push @queue, $client;
		my $writable = '';
		vec($writable, fileno($client), 1) = 1;
		$full = !select(undef, $writable, undef, 0.2);
	}
}

# Is a backend waiting for something of ours?
sub is_waiting
{
	my ($pid) = @_;

	return $admin->must('SELECT wait_event_type FROM pg_stat_activity'
		  . " WHERE pid = $pid")->output eq 'Extension';
}

# The places to wait at: how to get there, and how to know that one is there.
my %places = (
	'for a connection' => {
		endpoint => "https://127.0.0.1:$black_hole",
		reached => sub { is_waiting($_[0]->pid) }
	},
	'for a handshake' => {
		rule =>
		  { operation => 'Connection.Handshake', kind => 'stall', times => 0 },
		reached => sub { $_[1]->connections }
	},
	'for an answer' => {
		rule => { operation => 'GetConnection', kind => 'stall', times => 0 },
		reached => sub { $_[1]->sent }
	},
	'for the next attempt' => {
		rule => {
			operation => 'GetConnection',
			kind => 'throttle',
			times => 0,
			headers => { 'x-amz-retry-after' => '3600000' }
		},
		reached => sub { $_[1]->sent && is_waiting($_[0]->pid) }
	});

# A call that swallows all errors that it can.
$admin->must(<<'SQL');
CREATE FUNCTION stubborn() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN glue_get_connection('x');
EXCEPTION
	WHEN OTHERS THEN RETURN 'swallowed';
END $$
SQL

# Have a session of its own do what will wait at a place; returns the session.
sub begin
{
	my ($place, $statement) = @_;
	my $session = $cluster->session;

	$session->must("SET glue_conn.endpoint_url = '$place->{endpoint}'")
	  if $place->{endpoint};
	$glue->misbehave(%{ $place->{rule} }) if $place->{rule};
	$session->send($statement);
	return $session;
}

# The same, until it has come there
sub begin_to_wait
{
	my ($place, $statement) = @_;
	my $watch = $cluster->watch;
	my $session = begin($place, $statement);

	wait_until(sub { $place->{reached}->($session, $watch) },
		'the backend waits');
	return $session;
}

# Can the session be used for a call to AWS?
sub works
{
	my ($session) = @_;

	$glue->behave;
	$session->must('RESET glue_conn.endpoint_url');
	return $session->query(get_sql('there'))->sqlstate;
}

$admin->must(create_sql(jdbc('there')));

foreach my $where (sort keys %places)
{
	my $place = $places{$where};

	# cancel
	my $session = begin_to_wait($place, 'SELECT stubborn()');
	my $started = time;
	$admin->must('SELECT pg_cancel_backend(' . $session->pid . ')');
	my $result = $session->result;
	cmp_ok(time - $started, '<', $soon, "waiting $where: cancelled at once");
	is($result->sqlstate, '57014', 'and says so');
	is(works($session), '00000', 'and the backend goes on');
	$session->quit;

	# terminate
	$session = begin_to_wait($place, 'SELECT stubborn()');
	$started = time;
	$admin->must('SELECT pg_terminate_backend(' . $session->pid . ')');
	$result = $session->result;
	cmp_ok(time - $started, '<', $soon, "waiting $where: terminated at once");
	is($result->sqlstate, '57P01', 'and says so');
	wait_until(sub { !kill 0, $session->pid }, 'the backend leaves');
	$session->quit;
	$glue->behave;

	# statement_timeout
	$session = begin($place,
		"SET statement_timeout = '1500ms'; SELECT stubborn()");
	$result = $session->result;
	cmp_ok($result->seconds, '<', 1.5 + $soon,
		"waiting $where: statement_timeout");
	is($result->sqlstate, '57014', 'is told apart from our own');
	like($result->message, qr/statement timeout/, 'by its name');
	$session->must('RESET statement_timeout');
	is(works($session), '00000', 'and the backend goes on');
	$session->quit;

	# DROP DATABASE waits until every backend has answered its signal
	$admin->must('CREATE DATABASE unused');
	$session = begin_to_wait($place, get_sql('x'));
	$result = $admin->query(
		"SET statement_timeout = '100s'; DROP DATABASE unused;"
		  . ' RESET statement_timeout');
	is($result->sqlstate, '00000', "waiting $where: DROP DATABASE");
	cmp_ok($result->seconds, '<', $soon, 'is not held up');

	# the client goes away
	$admin->must('SELECT pg_cancel_backend(' . $session->pid . ')');
	$session->result;
	$session->quit;
	$glue->behave;
}

#
# A cancelled create
#

my $watch = $cluster->watch;
my $session = begin_to_wait(
	{
		rule => { operation => 'CreateConnection', kind => 'stall' },
		reached => sub { $_[1]->sent }
	},
	create_sql(jdbc('cancelled')));
$admin->must('SELECT pg_cancel_backend(' . $session->pid . ')');
is($session->result->sqlstate, '57014', 'a create is cancelled');
is($session->must(create_sql(jdbc('cancelled')))->output,
	'READY', 'and can be made again');
is($watch->sent('CreateConnection'), 2, 'nothing was sent without us');
$session->quit;

#
# Our own time limits
#

# Say what a call with this limit ends with, waiting at this place.
sub limited
{
	my ($where, $limit, $phase) = @_;
	my $session = begin($places{$where},
		"SET glue_conn.max_attempts = 1; SET glue_conn.$limit = '700ms'; "
		  . get_sql('x'));
	my $result = $session->result;

	is($result->sqlstate, '08000', "$limit, waiting $where");
	like(
		$result->detail,
		qr/^The time limit of 700 ms ran out while $phase at https:/,
		'says which limit and in which phase');
	like($result->hint, qr/"glue_conn\.$limit"/, 'and which setting');
	cmp_ok($result->seconds, '>', 0.69, 'is not over too soon');
	cmp_ok($result->seconds, '<', 0.7 + $soon, 'or too late');
	is(works($session), '00000', 'and the backend goes on');
	$session->quit;
}

limited('for a connection', 'connect_timeout', 'connecting');
limited('for a handshake', 'connect_timeout', 'connecting');
limited('for an answer', 'request_timeout', 'waiting for the answer');

# An answer that has begun to come
$session = $cluster->session;
$session->must("SET glue_conn.request_timeout = '700ms'");
$session->must('SET glue_conn.max_attempts = 1');
$glue->misbehave(
	operation => 'GetConnection',
	kind => 'slow',
	body_delay_ms => 60000);
my $result = $session->query(get_sql('there'));
is($result->sqlstate, '08000', 'request_timeout, in an answer');
like($result->detail, qr/while receiving the answer/, 'names that phase');
$session->quit;

#
# Nothing is left open
#

$session = $cluster->session;
$session->must(get_sql('there'));
$session->must("SET statement_timeout = '60ms'");
my @before = $session->open_files;

# There is a handshake only where the call before has lost its connection.
my @wheres = (
	'for an answer', 'for a handshake',
	'for a connection', 'for the next attempt');
foreach my $number (0 .. 51)
{
	my $place = $places{ $wheres[ $number % @wheres ] };
	my $endpoint = $place->{endpoint} || $glue->url;

	$glue->behave;
	$glue->misbehave(%{ $place->{rule} }) if $place->{rule};
	my $result = $session->query(
		"SET glue_conn.endpoint_url = '$endpoint'; SELECT stubborn()");
	$result->sqlstate eq '57014' or fail("call $number is cancelled");
}
$session->must('SET statement_timeout = 0');
is(works($session), '00000', 'after many cancelled calls the backend goes on');
my @after = $session->open_files;
cmp_ok(scalar @after, '<=', scalar @before, 'with no file open beyond before')
  or diag("before: @before\nafter: @after");
$session->quit;

#
# The postmaster is killed
#

$session = $cluster->session;
my $pid = $session->pid;
my %waiting;
foreach my $where (@wheres)
{
	$waiting{$where} = begin_to_wait($places{$where}, 'SELECT stubborn()');
	$glue->behave;
}
my $started = time;
$cluster->node->kill9;
foreach my $where (@wheres)
{
	my $session = $waiting{$where};

	wait_until(sub { !kill 0, $session->pid }, "the backend waiting $where");
	cmp_ok(time - $started, '<', $soon,
		"waiting $where: the backend leaves after its postmaster");
	$session->quit;
}
$_->quit foreach $session, $admin;

# The shared memory is free when the last of them has gone.
$cluster->in_environment(sub { $cluster->node->start });
is($cluster->query(get_sql('there'))->sqlstate,
	'00000', 'and the next one can start');

$cluster->finish;
done_testing();
