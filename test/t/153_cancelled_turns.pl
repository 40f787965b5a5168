# Copyright (c) 2026, glue_conn contributors
#
# A process that waits for its turn can be stopped at any moment.  Then nothing
# was sent, or AWS has refused every message: so nothing was changed, nothing is
# to be undone or resolved, and the connection is free for others at once.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1, conf => "restart_after_crash = on\n");
my $glue = $cluster->glue;
my $session = $cluster->session;

# How many calls to an operation wait.
sub waiting
{
	my ($operation) = @_;

	return $session->must('SELECT coalesce(sum(waiting), 0) FROM glue_rate_limit WHERE operation = '
		  . literal($operation))->output;
}

# How calls were written down that are newer than a request.
sub written_down
{
	my ($since) = @_;

	return $session->must("SELECT string_agg(DISTINCT concat_ws(' ', state, error_code), ', ')"
		  . " FROM glue_request WHERE id > $since")->output;
}

sub nothing_open
{
	return $session->must('SELECT count(*) FROM glue_request WHERE finished_at IS NULL')->output
	  eq '0';
}

#
# Calls that act at once
#

my $bulk = 6;
my %calls = (
	create => [ 'CreateConnection', sub { create_sql(referring($_[0])) } ],
	bulk => [ 'CreateConnection', sub {
		create_many_sql('count(*)', [ map { referring("$_[0]$_") } 1 .. $bulk ]) } ],
	update => [ 'UpdateConnection', sub {
		update_sql(referring($_[0], Description => 'new')) } ],
	delete => [ 'DeleteConnection', sub { delete_sql($_[0]) } ],
	batch => [ 'BatchDeleteConnection', sub {
		"SELECT count(*) FROM glue_batch_delete_connection(ARRAY['$_[0]', '$_[0]2'])" } ],
	tag => [ 'TagResource', sub { qq(SELECT glue_tag_connection('$_[0]', '{"a": "b"}')) } ],
	untag => [ 'UntagResource', sub { "SELECT glue_untag_connection('$_[0]', '{a}')" } ]);

sub stopped_by
{
	my ($function) = @_;

	return sub { $session->must("SELECT $function(" . $_[0]->pid . ')'); };
}

my %ways = (
	cancelled => [ '57014', stopped_by('pg_cancel_backend') ],
	terminated => [ '57P01', stopped_by('pg_terminate_backend') ],
	'timed out' => [ '57014', sub { } ]);

# Two calls wait: one that was refused, and is the first of the line, and one behind it
# that was not sent.
sub test_call
{
	my ($call, $way) = @_;
	my ($operation, $sql) = @{ $calls{$call} };
	my ($sqlstate, $stop) = @{ $ways{$way} };
	my @names = map { "${call}_" . substr($way, 0, 1) . "_$_" } qw(refused unsent);
	my @callers = map { $cluster->session } @names;
	my $is_own = sub { $_[0]{body} =~ /$_[1]/ };

	if ($operation ne 'CreateConnection')
	{
		$session->must(create_sql(referring($_))) foreach map { ($_, $_ . '2') } @names;
	}
	my $since = $session->must('SELECT max(id) FROM glue_request')->output || 0;
	my $watch = $cluster->watch;
	$glue->misbehave(operation => $operation, kind => 'throttle', times => 0);
	if ($way eq 'timed out')
	{
		$_->must("SET statement_timeout = '3s'") foreach @callers;
	}
	$callers[0]->send($sql->($names[0]));
	wait_until(sub { $watch->sent($operation) && waiting($operation) > 0 },
		"$call: the first call is refused, and waits");
	$callers[1]->send($sql->($names[1]));
	wait_until(sub { waiting($operation) > ($call eq 'bulk' ? $bulk : 1) },
		"$call: the second one waits");
	is(written_down($since), 'running', "$call: both are written down") if $way ne 'timed out';
	my $after = $cluster->watch;
	foreach my $caller (reverse @callers)
	{
		$stop->($caller);
		my $result = $caller->result;

		is($result->sqlstate, $sqlstate, "$call: is $way");
		unlike($result->text, qr/WARNING/, "$call, $way: there is no warning");
		$caller->quit;
	}
	wait_until(\&nothing_open, "$call, $way: nothing stays open");
	is(written_down($since), 'rolled_back', "$call, $way: nothing was done");
	is(scalar(grep { $_->{body} =~ /$names[1]/ } $watch->requests($operation)), 0,
		"$call, $way: the one behind has sent nothing");
	is($after->sent('GetConnection'), 0, "$call, $way: nothing is read back");
	is(waiting($operation), '0', "$call, $way: no process waits any more");
	$glue->behave;
	is($session->query($sql->($_))->sqlstate, '00000', "$call, $way: the connection is free")
	  foreach @names;
	return;
}

test_call($_, 'cancelled') foreach sort keys %calls;
test_call($_, 'terminated') foreach qw(bulk update);
test_call($_, 'timed out') foreach qw(create delete);

$session->quit;
$cluster->finish;
done_testing();
