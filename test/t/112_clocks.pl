# Copyright (c) 2026, glue_conn contributors
#
# Rolled-back calls are undone, and no others, with any state of the clocks:
# AWS's clock decides, and messages that may still arrive are waited for.
#
# The test sets the server's clock.  That of the local Glue is right.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Resolved qw(create %undone);
use PostgreSQL::Test::Utils;
use Test::More;

my $clock = PostgreSQL::Test::Utils::tempdir() . '/clock';

sub set_clock
{
	my ($ahead) = @_;

	append_to_file("$clock.new", "$ahead\n");
	rename "$clock.new", $clock or die "rename: $!";
	return;
}

set_clock(0);
my $cluster = GlueConn::Cluster->start(
	preload => 1,
	odd => [ 'set_clock', SET_CLOCK => $clock ],
	conf => <<'CONF');
restart_after_crash = on
glue_conn.settle_time = '1s'
glue_conn.request_timeout = '4s'
CONF
my $glue = $cluster->glue;
my $node = $cluster->node;
my $resolved = GlueConn::Resolved->new($glue, $node);
my $session = $cluster->session;

sub request
{
	my ($name, @columns) = @_;

	return $session->must('SELECT ' . join(', ', 'state', 'error_code', @columns)
		  . " FROM glue_request WHERE connection_name = '$name' ORDER BY id DESC LIMIT 1")
	  ->output;
}

# End a call in the middle, as a user does.
sub cancel
{
	my ($caller) = @_;

	$session->must('SELECT pg_cancel_backend(' . $caller->pid . ')');
	is($caller->result->sqlstate, '57014', 'it is cancelled');
	$caller->quit;
	return;
}

#
# The clock is set between the call and its undo
#

my $clock_set = 'the clock of the server is set, or that of another machine is used, before the undo';
foreach my $ahead (3, -3, 3600, -3600)
{
	set_clock(0);
	$session->must('BEGIN; ' . create("answered $ahead"));
	set_clock($ahead);
	$session->must('ROLLBACK');
	$resolved->outcome("$clock_set: $ahead s before the rollback", "answered $ahead", %undone);
	is($glue->created("answered $ahead"), 1, 'it was created');

	set_clock(0);
	my $caller = $cluster->held_session('slow', "lost $ahead", create("lost $ahead"));
	set_clock($ahead);
	cancel($caller);
	$resolved->outcome("$clock_set: $ahead s before a cancel", "lost $ahead", %undone);

	# while it may still arrive
	set_clock(0);
	$caller = $cluster->held_session('stall', "waits $ahead", create("waits $ahead"));
	cancel($caller);
	wait_until(sub { request("waits $ahead", 'started_at IS NOT NULL') =~ /^queued\|\|t/ }, 'the first look');
	set_clock($ahead);
	is(request("waits $ahead"), 'queued|', 'that is waited for');
	$resolved->outcome("$clock_set: $ahead s while it may arrive", "waits $ahead", %undone);
}

#
# Failover to a host with another clock
#

foreach my $ahead (3, -3, 3600, -3600)
{
	set_clock(-$ahead);
	$session->must('BEGIN; ' . create("failover $ahead"));
	$cluster->crash;
	$session->quit;
	set_clock(0);
	$cluster->start_node;
	$session = $cluster->session;
	$resolved->outcome("$clock_set: a host that is $ahead s off", "failover $ahead", %undone);
	is($glue->created("failover $ahead"), 1, 'it was created');
}

#
# Messages that take longer than settle_time
#

# The message of an operation is carried out this late; it is waited for longer.
my %late = (kind => 'slow', arrives_ms => 6000);
my %timeout = (settings => { 'glue_conn.request_timeout' => '10s' });
my %late_calls = (
	'CreateConnection' => create('late'),
	'DeleteConnection' => delete_sql('late deletion'));
$session->must(create('late deletion'));
foreach my $operation (sort keys %late_calls)
{
	my $watch = $cluster->watch;
	my $caller = $cluster->session(%timeout);

	$glue->misbehave(operation => $operation, %late);
	$caller->send($late_calls{$operation});
	wait_until(sub { $watch->sent($operation) }, 'the message has left');
	cancel($caller);
	is($watch->processed($operation), 0, "$operation: on the way");
}
my $event = 'cancelled, and carried out later, within request_timeout';
$resolved->outcome($event, 'late', %undone);
is($glue->created('late'), 1, 'it has arrived');
$resolved->outcome($event, 'late deletion',
	glue => 'none', row => 'none', request => 'rolled_back NotUndone');

# The limit of a call is written down with it, and is five minutes at most.
$session->must("SET glue_conn.request_timeout = '10 min'");
$session->must(create('patient'));
is($session->must('SELECT call_timeout FROM glue_request ORDER BY id DESC LIMIT 1')->output,
	300 * 1000, 'a call that changes something is waited for no longer than that');
$session->must('RESET glue_conn.request_timeout');

#
# A server without AWS's time yet
#

$session->quit;
$cluster->crash;
$cluster->start_node;
$session = $cluster->session;
my $watch = $cluster->watch;
$session->must(create('cold'));
is($watch->sent('GetConnection'), 1, 'it asks for the time');
$session->must(create('warm'));
is($watch->sent('GetConnection'), 1, 'once');
is($session->must(q(SELECT bool_and(aws_sent_at BETWEEN now() - interval '1 min' AND now()
	AND aws_ended_at >= aws_sent_at) FROM glue_request
	WHERE connection_name IN ('cold', 'warm')))->output, 't',
	'and writes it down');

# No answer has the time.
$session->quit;
$cluster->crash;
$cluster->start_node;
$session = $cluster->session;
$glue->misbehave(operation => 'GetConnection', name => 'doubtful', kind => 'lost-before');
cancel($cluster->held_session('slow', 'doubtful', create('doubtful')));
$resolved->outcome('rolled back, and the owner of the connection cannot be determined',
	'doubtful', glue => 'first',
	row => 'first', request => 'failed NotKnown');
my $log = slurp_file($node->logfile);
like($log, qr/WARNING: .*could not undo a rolled-back call for AWS Glue connection "doubtful"/,
	'is reported in the log');

#
# Permanent rejections
#

$glue->misbehave(operation => 'DeleteConnection', name => 'denied', times => 0,
	kind => 'error', status => 400, code => 'AccessDeniedException', message => 'no');
$session->must('BEGIN; ' . create('denied') . '; ROLLBACK');
my $denied = $session->must('SELECT max(id) FROM glue_request')->output;
my ($blocked, $waiting) = map { $cluster->session } 1, 2;
$blocked->send(create('denied', 'second'));
foreach my $attempt (1 .. 3)
{
	wait_until(sub { request('denied', "attempts >= $attempt") eq 'queued|AccessDeniedException|t' },
		'it is refused');
	$session->must("SELECT glue_retry_request($denied)");
}
my @said = slurp_file($node->logfile) =~ /(could not yet undo a rolled-back call for AWS Glue connection "denied")/g;
is(scalar @said, 1, 'an undo that is refused is in the log, once a minute');
like(slurp_file($node->logfile), qr/Request $denied \(CreateConnection\) is retried: .*AccessDeniedException/,
	'with its reason');
$waiting->send(create('denied', 'third'));
my $result = $blocked->result;
is($result->sqlstate, '55P03', 'a waiting session');
like($result->detail, qr/Request $denied .*has failed with AccessDeniedException/, 'gets the reason');
$session->must('SELECT pg_cancel_backend(' . $waiting->pid . ')');
like($waiting->result->text, qr/CONTEXT:.*waiting until the effect of request $denied is undone/,
	'also if it is cancelled');
$glue->behave;
$session->must("SELECT glue_retry_request($denied)");
$resolved->outcome('a deletion that AWS allows at last', 'denied', %undone);

$_->quit foreach $blocked, $waiting, $session;
$cluster->finish;
done_testing();
