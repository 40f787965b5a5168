# Copyright (c) 2026, glue_conn contributors
#
# The checker finds what each guard of the protocol is there for: without the
# guard it must find a violation, and of the right kind.

use strict;
use warnings;

use GlueConn::Model;
use Test::More;

my $model = 'test/model/immediate.pml';
$GlueConn::Model::optimize = '-O0';

my $orphan = 'a connection that nobody knows';
my $deleted = 'a committed connection is deleted';

# What is missing or done otherwise, the violation, and the switches: that for
# the guard, and the least that must happen.
my @guards = (
	[ "a caller's id that is assigned before the journal worker's own",
		'a row is not settled',
		qw(ID_BEFORE_BOXES COMMITTED_IS_CLOSED CALLERS=1 CRASHES=1) ],
	[ 'an intent before the request is sent, if the server crashes', $orphan,
		qw(SEND_BEFORE_INTENT CALLERS=1 CRASHES=1) ],
	[ 'an intent before the request is sent, if the caller is ended', $orphan,
		qw(SEND_BEFORE_INTENT CALLERS=1 KILLS=1) ],
	[ 'the lock of the journal between finding and claiming', $deleted,
		qw(NO_JOURNAL_LOCK) ],
	[ "the journal worker's check", $deleted, qw(NO_CHECK) ],
	[ 'waiting for settle_time', $orphan, qw(FINAL_AT_ONCE CALLERS=1 KILLS=1) ],
	[ 'a last look that is sent after settle_time', $orphan,
		qw(FINAL_WHEN_ANSWERED CALLERS=1 KILLS=1) ],
	[ 'reading back before sending again', 'a connection is created twice',
		qw(SEND_AGAIN_BLINDLY CALLERS=1 LOSSES=1 MEDDLES=1) ],
	[ 'asking who has taken it over', $deleted, qw(BLIND_TO_ADOPTERS) ],
	[ 'asking that by time instead of by id', $deleted, qw(ADOPTERS_BY_ID) ],
	[ 'what is recorded, where clocks tell nothing', $deleted,
		qw(TRUST_THE_CLOCK LOOSELY KILLS=1) ],
	[ 'doubt about an answer that is not the only one', $orphan,
		qw(TRUST_THE_LAST_ANSWER CALLERS=1 LOSSES=1) ],
	[ 'another look after the deletion', $orphan,
		qw(DELETED_IS_FINAL CALLERS=1 LOSSES=1) ],
	[ 'doubt about deletions of a worker that is gone', $deleted,
		qw(DELETES_ARE_NEVER_LATE WORKER_KILLS=1) ],
	[ 'settling what was committed without an outcome', 'a row is not settled',
		qw(COMMITTED_IS_CLOSED CALLERS=1 LOSSES=1) ],
	[ 'leaving that open', $orphan, qw(UNKNOWN_IS_FAILED CALLERS=1 LOSSES=1) ],
	[ 'leaving it to those who take the lock', $deleted,
		qw(QUEUED_BY_CALLER LOSSES=1) ],
	[ 'letting those through who have taken over', 'a caller is stuck',
		qw(ADOPTERS_WAIT CALLS_EACH=2) ],
	[ 'not recording what is older', $orphan,
		qw(RECORD_BLINDLY CALLS_EACH=2 OTHER_CALLS_ONCE) ],
	[ 'the proof', "somebody else's connection is deleted",
		qw(NO_PROOF CALLERS=1 KILLS=1 MEDDLES=1) ]);

foreach (@guards)
{
	my ($name, $violation, @switches) = @$_;
	my $result = check_model($model, @switches);

	is($result->{violation}, $violation, "without $name")
	  or diag("-D" . join(' -D', @switches), "\n", trace_of($result));
	note(sprintf '%d states, %.1f s', @{$result}{qw(states seconds)});
}

done_testing();
