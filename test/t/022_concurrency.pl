# Copyright (c) 2026, glue_conn contributors
#
# Sessions that create connections concurrently.
#
# AWS decides which session was the first to create a name.  Even if answers
# are lost, one session gets the result that it made the connection, and all
# others that it existed.  Sessions with different names do not affect each
# other.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use Test::More;

my $count = 20;
my $cluster = GlueConn::Cluster->start(conf => 'max_connections = 50');
my $glue = $cluster->glue;
my @sessions = map { $cluster->session } 1 .. $count;

# so that the messages of all meet
$_->query(get_sql('none')) foreach @sessions;
$glue->set(latency_ms => 1000);

# Have as many sessions as there are statements send them; returns the results.
sub at_once
{
	my (@statements) = @_;
	my @used = @sessions[ 0 .. $#statements ];

	$used[$_]->send($statements[$_]) foreach 0 .. $#used;
	return map { $_->result } @used;
}

#
# One name
#

foreach my $case (
	[ 'two sessions', 2 ],
	[ 'all sessions', $count ],
	[ 'two sessions, a lost answer', 2, kind => 'lost-after' ],
	[ 'all sessions, a lost answer', $count, kind => 'lost-after' ],
	[ 'two sessions, a lost message', 2, kind => 'lost-before' ])
{
	my ($name, $sessions, %rule) = @$case;

	$glue->misbehave(operation => 'CreateConnection', %rule) if %rule;
	my @results =
	  at_once(map { create_sql(jdbc($name, Description => "$_")) }
		  1 .. $sessions);
	is( join(' ', sort map { $_->output || $_->sqlstate } @results),
		join(' ', ('42710') x ($sessions - 1), 'READY'),
		"$name: one of them makes it");
	is($cluster->facts($name), '1 1|READY', "$name: it is made and recorded once");

	my ($winner) = grep { $results[$_]->output } 0 .. $#results;
	is($glue->connection($name)->{definition}{Description},
		$winner + 1, "$name: with the definition of that one");
}

# A transaction that made a connection holds nobody else of that name.
$glue->set(latency_ms => 0);
$sessions[0]->must('BEGIN; ' . create_sql(jdbc('open')));
is($sessions[1]->query(create_sql(jdbc('open')))->sqlstate,
	'42710', 'a name of an open transaction is taken');
$sessions[0]->must('COMMIT');
is($cluster->facts('open'), '1 1|READY', 'and recorded when that is committed');

#
# Many names
#

$glue->set(latency_ms => 1000);
my $watch = $cluster->watch;
my @names = map { "name $_" } 1 .. $count;
my @results = at_once(map { create_sql(jdbc($_)) } @names);
is_deeply(
	[ map { $_->output } @results ],
	[ ('READY') x $count ],
	"$count sessions, $count names");
is_deeply(
	[ map { $cluster->facts($_) } @names ],
	[ ('1 1|READY') x $count ],
	'each is made and recorded once');
is($watch->sent('CreateConnection'), $count, 'by one message');
cmp_ok($glue->counters->{in_flight_peak}, '>', $count / 2,
	'at the same time');

$_->quit foreach @sessions;
$cluster->finish;
done_testing();
