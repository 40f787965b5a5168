# Copyright (c) 2026, glue_conn contributors
#
# The protocol of immediate calls holds for all events, accounts of keys and
# states of clocks; and so does that of rows: see README.md.
#
# With the argument "large" the worlds are larger: they exceed the time and the
# memory of "make test".

use strict;
use warnings;

use GlueConn::Model;
use Test::More;

# By model: the contents of a world, and its switches.
my %worlds;

$worlds{immediate} = [
	[ 'two callers, one answer lost, one caller ended',
		qw(LOSSES=1 KILLS=1 STRICTLY) ],
	[ 'two callers, one caller and the queue worker ended',
		qw(KILLS=1 WORKER_KILLS=1 STRICTLY) ],
	[ 'two callers, the server crashes', qw(CRASHES=1) ],
	[ 'two callers, one ended, somebody else', qw(KILLS=1 MEDDLES=1) ],
	[ 'two callers, one answer lost, somebody else', qw(LOSSES=1 MEDDLES=1) ],
	[ 'two callers, one with two calls and savepoints',
		qw(CALLS_EACH=2 OTHER_CALLS_ONCE STRICTLY) ],
	[ 'two callers that keep or not, an exact proof, the queue worker ended',
		qw(KILLS=1 WORKER_KILLS=1 EXACTLY WITH_KEEP) ],
	[ 'two callers, clocks that tell nothing, one ended',
		qw(KILLS=1 LOSSES=1 LOOSELY) ],
	[ 'one caller, one answer lost, it is ended, the server crashes, somebody else',
		qw(CALLERS=1 LOSSES=1 KILLS=1 CRASHES=1 MEDDLES=1 WITH_KEEP) ],
	[ 'ids that may be given out again',
		qw(CRASHES=1 CALLERS=1 MEDDLES=1 ID_BEFORE_BOXES) ],

	# with deletions
	[ 'two callers that delete, too, one answer lost',
		qw(WITH_DELETES LOSSES=1 STRICTLY) ],
	[ 'two callers that delete, too, one with two calls and savepoints',
		qw(WITH_DELETES CALLS_EACH=2 OTHER_CALLS_ONCE STRICTLY) ],
	[ 'one caller who deletes, too, with two calls, one answer lost, it and the'
		. ' queue worker ended',
		qw(WITH_DELETES CALLERS=1 CALLS_EACH=2 LOSSES=1 KILLS=1 WORKER_KILLS=1) ],
	[ 'the same, one answer lost, the server crashes',
		qw(WITH_DELETES CALLERS=1 CALLS_EACH=2 LOSSES=1 CRASHES=1) ],
	[ 'the same, one answer lost, somebody else',
		qw(WITH_DELETES CALLERS=1 CALLS_EACH=2 LOSSES=1 MEDDLES=1) ],
	[ 'the same, with three calls, one answer lost',
		qw(WITH_DELETES CALLERS=1 CALLS_EACH=3 LOSSES=1) ],
	[ 'the same, with three calls, one answer lost, clocks that tell nothing',
		qw(WITH_DELETES CALLERS=1 CALLS_EACH=3 LOSSES=1 LOOSELY) ],
	[ 'the same, with three calls, one answer lost, but no request is late',
		qw(WITH_DELETES CALLERS=1 CALLS_EACH=3 LOSSES=1 PROMPTLY STRICTLY) ],
	[ 'the same, with three calls, that keep or not',
		qw(WITH_DELETES CALLERS=1 CALLS_EACH=3 WITH_KEEP) ],
	[ 'the same, with four calls',
		qw(WITH_DELETES CALLERS=1 CALLS_EACH=4 STRICTLY) ] ];

$worlds{identity} = [
	[ 'one mapping, whose keys are changed', qw(ONE_MAPPING CHANGES=1) ],
	[ 'two mappings, and keys of one are changed',
		qw(TWO_MAPPINGS SECOND_CHANGES CHANGES=1) ],
	[ 'one caller, and keys of the same account, too',
		qw(CALLERS=1 KEYS=3 CHANGES=3) ] ];

$worlds{time} = [
	[ 'a creation, one answer lost, somebody else' ],
	[ 'a deletion, one answer lost, somebody else', qw(DELETES) ],
	[ 'a creation, one answer lost, and another host takes over',
		qw(CRASHES=1 MEDDLES=0) ],
	[ 'a creation, the queue worker is ended, somebody else',
		qw(WORKER_KILLS=1 LOSSES=0) ],
	[ 'a creation, one answer lost, no clock can be relied on',
		qw(STANDS_STILL MEDDLES=0) ],
	[ 'a creation, one answer lost, its timeout is short',
		qw(SETTLE_TIME=2 TIMEOUT=1 MEDDLES=0) ] ];

$worlds{claims} = [
	[ 'two rows of one target, one worker is ended',
		qw(CLAIMS=3 DEATHS=1 STRICTLY) ],
	[ 'the same with two names', qw(NAMES=2 DEATHS=1 STRICTLY) ],
	[ 'two targets that are one, one row takes what is there, one worker is ended or'
		. ' gives up, a deletion fails, one retry',
		qw(TWO_TARGETS TAKES_ONE DEATHS=1 GIVES_UP FAILURES=1 RETRIES=1) ],
	[ 'rows that take what is there, one vanishes, one claim is released by hand,'
		. ' somebody else', qw(TAKES ACCIDENTS=1 RELEASES=1 MEDDLES=1) ],
	[ 'rows that adopt, one synchronization, one worker is ended, somebody else',
		qw(ADOPTS SYNCS=1 DEATHS=1 MEDDLES=1) ] ];

my %large_worlds;

$large_worlds{immediate} = [
	[ 'two callers, each with two calls that only create', qw(CALLS_EACH=2 PLAINLY) ],
	[ 'two callers, the server crashes, the queue worker ended',
		qw(CRASHES=1 WORKER_KILLS=1) ],
	[ 'two callers, the server crashes, one answer lost', qw(CRASHES=1 LOSSES=1) ],
	[ 'two callers, the server crashes, somebody else', qw(CRASHES=1 MEDDLES=1) ],
	[ 'two callers, two answers lost, one ended', qw(LOSSES=2 KILLS=1) ],
	[ 'two callers, one with two calls, the queue worker ended',
		qw(CALLS_EACH=2 OTHER_CALLS_ONCE WORKER_KILLS=1) ],
	[ 'two callers, one with three calls, who only create, one answer lost, one'
		. ' ended',
		qw(CALLS_EACH=3 OTHER_CALLS_ONCE PLAINLY LOSSES=1 KILLS=1) ],
	[ 'two callers that delete, too, clocks that tell nothing, one answer lost, one'
		. ' ended', qw(WITH_DELETES LOSSES=1 KILLS=1 LOOSELY) ],
	[ 'one caller with two calls, all of it',
		qw(CALLERS=1 CALLS_EACH=2 LOSSES=1 KILLS=1 WORKER_KILLS=1 CRASHES=1) ],
	[ 'one caller, all of it, and more of it',
		qw(CALLERS=1 LOSSES=1 KILLS=1 WORKER_KILLS=1 CRASHES=1 MEDDLES=2 WITH_KEEP) ] ];

$large_worlds{identity} = [
	[ 'keys are changed twice', qw(CHANGES=2) ],
	[ 'keys of the same account, too', qw(KEYS=3 CHANGES=1) ] ];

$large_worlds{time} = [
	[ 'a creation, all of it', qw(CRASHES=1 WORKER_KILLS=1) ],
	[ 'a deletion, all of it, no clock can be relied on',
		qw(DELETES CRASHES=1 WORKER_KILLS=1 STANDS_STILL) ],
	[ 'a creation, somebody else does more', qw(MEDDLES=2) ] ];

$large_worlds{claims} = [
	[ 'two names, one worker is ended',
		qw(CLAIMS=3 NAMES=2 STATEMENTS=3 STRICTLY DEATHS=1) ],
	[ 'two targets that are one, rows that adopt, one worker is ended, somebody'
		. ' else', qw(CLAIMS=3 TWO_TARGETS ADOPTS DEATHS=1 MEDDLES=1) ],
	[ 'two workers are ended, somebody else does more, one synchronization',
		qw(CLAIMS=3 DEATHS=2 MEDDLES=2 SYNCS=1) ],
	[ 'all of it', qw(TAKES DEATHS=1 FAILURES=1 RETRIES=1 SYNCS=1 ACCIDENTS=1
			RELEASES=1 MEDDLES=1) ] ];

# Runs have an end, so nobody goes round in a circle instead of settling.
my %circles;

$circles{immediate} = [
	[ 'two callers, the queue worker ended', qw(WORKER_KILLS=1) ],
	[ 'two callers that delete, too', qw(WITH_DELETES) ],
	[ 'one caller who deletes, too, with two calls and savepoints, one answer lost',
		qw(WITH_DELETES CALLERS=1 CALLS_EACH=2 LOSSES=1) ] ];

$circles{identity} = [
	[ 'one caller, and keys are changed', qw(CALLERS=1 KEYS=3 CHANGES=2) ] ];

$circles{time} = [ [ 'a creation, one answer lost', qw(MEDDLES=0) ] ];

sub report
{
	my ($result, $name) = @_;

	is($result->{violation}, '', $name) or diag(trace_of($result));
	note(sprintf '%d states, %.1f s, %.0f MB',
		@{$result}{qw(states seconds megabytes)});
	return $result->{states};
}

my $large = @ARGV && $ARGV[0] eq 'large';
my $states = 0;

$GlueConn::Model::memory_limit_mb = 16000 if $large;
foreach my $model (qw(immediate identity time claims))
{
	my $file = "test/model/$model.pml";

	# these are so small that it would take longer to compile them well
	local $GlueConn::Model::optimize =
	  $model eq 'claims' && !$large ? '-O0' : $GlueConn::Model::optimize;

	foreach (@{ $large ? $large_worlds{$model} : $worlds{$model} })
	{
		my ($name, @switches) = @$_;

		$states += report(check_model($file, @switches), "$model: $name");
	}
	foreach (@{ $large ? [] : $circles{$model} })
	{
		my ($name, @switches) = @$_;

		$states += report(find_cycles($file, @switches),
			"$model, no circles: $name");
	}
}
cmp_ok($states, '>', 1_000_000, 'that was not nothing');
note("$states states in all");

done_testing();
