# Copyright (c) 2026, glue_conn contributors
#
# A clock that is set while calls are made neither holds nor ends them.
#
# The server has a clock that the test sets.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Test::More;

my $directory = PostgreSQL::Test::Utils::tempdir();
my $clock = "$directory/clock";

sub set_clock
{
	my ($ahead) = @_;

	append_to_file("$clock.new", "$ahead\n");
	rename "$clock.new", $clock or die "rename: $!";
	return;
}

# A statement that would wait for ever is cancelled.
my $cluster = GlueConn::Cluster->start(
	odd => [ 'set_clock', SET_CLOCK => $clock ],
	conf => "statement_timeout = '60s'\n");
my $glue = $cluster->glue;

# Make a call in a session of its own, and set the clock while it is made; a
# session gets used to a clock that is wrong.
sub sqlstate
{
	my ($ahead, %settings) = @_;
	my $session = $cluster->session;
	my $watch = $cluster->watch;

	set_clock(0);
	$session->must("SET glue_conn.$_ = '$settings{$_}'") foreach sort keys %settings;
	$session->send(get_sql('x'));
	wait_until(sub { $watch->sent >= 1 }, 'a message');
	set_clock($ahead);
	return $session->result->sqlstate;
}

foreach my $ahead (-7200, 7200)
{
	$glue->misbehave(kind => 'error', status => 503,
		headers => { 'x-amz-retry-after' => '3000' });
	is(sqlstate($ahead), '42704', "$ahead s during a pause: the call continues");

	$glue->set(latency_ms => 1000);
	is(sqlstate($ahead), '42704', "$ahead s during a message: it is answered");
	$glue->set(latency_ms => 0);

	$glue->misbehave(kind => 'stall');
	is(sqlstate($ahead, request_timeout => '1s', max_attempts => 1), '08000',
		"$ahead s without an answer: the limit holds");
}

$cluster->finish;
done_testing();
