# Copyright (c) 2026, glue_conn contributors
#
# The checker finds the purpose of each guard of the protocol: without the
# guard it must find a violation, and of the right kind.

use strict;
use warnings;

use GlueConn::Model;
use Test::More;

$GlueConn::Model::optimize = '-O0';

my $orphan = 'an unknown connection';
my $deleted = 'a committed connection is deleted';
my $stays = 'an uncommitted connection stays';
my $somebody_elses = "somebody else's connection is deleted";
my $not_there = 'the recorded connection does not exist';
my $too_late = 'a deletion comes after the end';
my $stuck = 'a caller is stuck';
my $open = 'a row is not resolved';
my $circle = 'it loops';
my $updated = "somebody else's connection is updated";
my $accepted = 'a row that was accepted has no connection';
my $two_owners = 'two rows own one connection';

# By model: the missing or changed guard, the violation, and the switches: that
# for the guard, and the minimal set of events.
my %guards;

$guards{immediate} = [
	# the intent, before anything is sent
	[ "a caller's id that is assigned before the journal worker's own", $open,
		qw(ID_BEFORE_BOXES COMMITTED_IS_CLOSED CALLERS=1 CRASHES=1) ],
	[ 'an intent before the request is sent, if the server crashes', $orphan,
		qw(SEND_BEFORE_INTENT CALLERS=1 CRASHES=1) ],
	[ 'an intent before the request is sent, if the caller is ended', $orphan,
		qw(SEND_BEFORE_INTENT CALLERS=1 KILLS=1) ],
	[ 'the lock of the journal between finding and claiming', $deleted,
		qw(NO_JOURNAL_LOCK LOSSES=1 AT_THE_END) ],
	[ 'leaving it to those who take that lock', $deleted,
		qw(QUEUED_BY_CALLER LOSSES=1 AT_THE_END) ],
	[ 'the time at which the row was written', $stays,
		qw(REQUESTED_BEFORE_LOCKED CALLS_EACH=2 OTHER_CALLS_ONCE WITH_DELETES
			STRICTLY) ],

	# the lock on the name
	[ 'the lock on the name', $not_there,
		qw(NO_LOCK WITH_DELETES AT_THE_END) ],
	[ 'that lock, as nothing newer is recorded', 'an older answer is recorded',
		qw(NO_LOCK WITH_DELETES) ],
	[ 'letting go of it while held up', $stuck,
		qw(LOCKED_WHILE_HELD_UP CALLERS=1 CALLS_EACH=2) ],
	[ 'having it before a claim', $stuck,
		qw(CLAIMED_BEFORE_LOCKED CALLERS=1 CALLS_EACH=4 WITH_DELETES) ],

	# the journal worker's check
	[ "the journal worker's check", $deleted, qw(NO_CHECK) ],
	[ 'waiting for an own creation that was answered', $deleted,
		qw(OWN_NEVER_HOLDS CALLERS=1 CALLS_EACH=2) ],
	[ 'letting those through who take part, if their own is unknown', $stuck,
		qw(OWN_ALWAYS_HOLDS CALLERS=1 CALLS_EACH=3 LOSSES=1) ],
	[ 'letting them through if their own is only to be recorded', $stuck,
		qw(OWN_RECORD_HOLDS CALLERS=1 CALLS_EACH=3 WITH_DELETES LOSSES=1) ],
	[ "letting those through who take part, past others'", $stuck,
		qw(OTHERS_ALWAYS_HOLD CALLS_EACH=2 OTHER_CALLS_ONCE KILLS=1) ],

	# turns
	[ 'passing own open calls, if it was answered', $stuck,
		qw(ANSWERED_WAITS CALLERS=1 CALLS_EACH=3 WITH_DELETES) ],
	[ 'waiting for own open calls, if it was not', $deleted,
		qw(UNKNOWN_PASSES CALLERS=1 CALLS_EACH=3 WITH_DELETES LOSSES=1 PROMPTLY) ],
	[ 'passing what of its own is only to be recorded', $stuck,
		qw(WAITS_FOR_OWN_RECORD CALLERS=1 CALLS_EACH=4 WITH_DELETES LOSSES=1
			PROMPTLY) ],
	[ 'passing those who wait for it', $stuck,
		qw(WAITS_FOR_WAITERS CALLS_EACH=3 OTHER_CALLS_ONCE PLAINLY LOSSES=1
			KILLS=1) ],
	[ 'not waiting for what is only to be recorded', $open,
		qw(RECORD_IS_WAITED_FOR WITH_DELETES) ],
	[ 'recording after all undos of creations', $circle,
		qw(RECORD_FIRST CALLERS=1 CALLS_EACH=2 WITH_DELETES) ],

	# one connection, in any notation
	[ 'one identity of it', $deleted, qw(KEYED_BY_SPELLING AT_THE_END) ],
	[ 'one identity in the lock on the name', $not_there,
		qw(LOCKED_BY_SPELLING WITH_DELETES AT_THE_END) ],
	[ "one identity in the journal worker's check", $deleted,
		qw(CHECKED_BY_SPELLING) ],
	[ 'one identity in who has his turn', $deleted,
		qw(TURN_BY_SPELLING KILLS=1) ],
	[ 'one identity in who has taken it over', $deleted,
		qw(EVIDENCE_BY_SPELLING WITH_DELETES LOSSES=1) ],
	[ 'one identity in what is recorded', $not_there,
		qw(RECORDED_BY_SPELLING WITH_DELETES AT_THE_END) ],

	# when it is final
	[ 'waiting for settle_time', $orphan, qw(FINAL_AT_ONCE CALLERS=1 KILLS=1) ],
	[ 'a last look that is sent after settle_time', $orphan,
		qw(FINAL_WHEN_ANSWERED CALLERS=1 KILLS=1) ],
	[ 'another look after the deletion', $orphan,
		qw(DELETED_IS_FINAL CALLERS=1 LOSSES=1) ],
	[ 'doubt about deletions of a worker that is gone', $deleted,
		qw(DELETES_ARE_NEVER_LATE WORKER_KILLS=1) ],

	# ownership
	[ 'the proof', $somebody_elses,
		qw(NO_PROOF CALLERS=1 KILLS=1 MEDDLES=1) ],
	[ 'asking who has taken it over', $deleted,
		qw(BLIND_TO_ADOPTERS CALLERS=1 CALLS_EACH=2 LOSSES=1) ],
	[ 'asking that by time instead of by id', $deleted,
		qw(ADOPTERS_BY_ID WITH_DELETES LOSSES=1) ],
	[ 'asking that by order instead of by the clock', $deleted,
		qw(ORDER_BY_CLOCK STEPS LOSSES=1 AT_THE_END) ],
	[ 'what is recorded, where clocks tell nothing', $deleted,
		qw(TRUST_THE_CLOCK LOOSELY KILLS=1) ],
	[ 'doubt about what is recorded, if it was deleted', $stays,
		qw(TRUST_THE_RECORD CALLERS=1 CALLS_EACH=2 WITH_DELETES LOSSES=1 STRICTLY) ],
	[ 'waiting for own open calls instead of giving up', $stays,
		qw(GIVE_UP_BESIDE CALLERS=1 CALLS_EACH=2 WITH_DELETES LOSSES=1 STRICTLY) ],

	# records
	[ "recording somebody else's, too", $orphan,
		qw(ONLY_OURS CALLERS=1 CALLS_EACH=3 WITH_DELETES LOSSES=1) ],
	[ 'putting off the record for own open calls', $stuck,
		qw(RECORD_BESIDE CALLERS=1 CALLS_EACH=3 WITH_DELETES) ],
	[ 'putting off the record for other undos', $stays,
		qw(RECORD_BEFORE_OTHERS CALLERS=1 CALLS_EACH=3 WITH_DELETES LOSSES=1
			STRICTLY PROMPTLY) ],

	# the caller
	[ 'reading back before sending again', 'a connection is created twice',
		qw(SEND_AGAIN_BLINDLY CALLERS=1 LOSSES=1 MEDDLES=1) ],
	[ 'doubt about an answer that is not the only one', $orphan,
		qw(TRUST_THE_LAST_ANSWER CALLERS=1 LOSSES=1) ],
	[ 'settling what was committed without an outcome', $open,
		qw(COMMITTED_IS_CLOSED CALLERS=1 LOSSES=1) ],
	[ 'leaving that open', $orphan, qw(UNKNOWN_IS_FAILED CALLERS=1 LOSSES=1) ] ];

# Which account it is in.
$guards{identity} = [
	[ 'one identity for two mappings', $deleted,
		qw(KEYED_BY_MAPPING TWO_MAPPINGS CHANGES=0) ],
	[ 'one row for two mappings', $not_there,
		qw(RECORDED_BY_MAPPING TWO_MAPPINGS CHANGES=0) ],
	[ 'rows of their own for two accounts behind one mapping', $not_there,
		qw(RECORDED_BY_MAPPING ONE_MAPPING CHANGES=1) ],
	[ 'remembering the account of keys, not of a mapping', $orphan,
		qw(REMEMBERED_BY_MAPPING ONE_MAPPING CHANGES=1) ],
	[ 'signing with the keys whose account is in the intent', $orphan,
		qw(KEYS_READ_AGAIN CALLERS=1 CHANGES=1) ],
	[ 'comparing the target before the undo', $orphan,
		qw(ANY_TARGET CALLERS=1 CHANGES=1) ],
	[ 'signing with the keys that were compared', $orphan,
		qw(UNDO_READS_KEYS_AGAIN CALLERS=1 CHANGES=1) ],
	[ 'going on with other keys of the account', $open,
		qw(SAME_KEYS_ONLY CALLERS=1 KEYS=3 CHANGES=1) ],
	[ 'giving up where an undo waits for its target', $stuck,
		qw(WAITS_FOR_EVER TWO_MAPPINGS CHANGES=1) ] ];

# The end of a call, and ownership.
$guards{time} = [
	# when nothing can arrive any more
	[ "the call's own timeout", $orphan, qw(SETTLE_TIME_ALONE) ],
	[ "the timeout of a deletion", $not_there, qw(SETTLE_TIME_ALONE DELETES) ],
	[ 'settle_time besides', $orphan,
		qw(TIMEOUT_ALONE SETTLE_TIME=2 TIMEOUT=1) ],
	[ 'counting from the end of the caller', $orphan,
		qw(SINCE_INTENT LOSSES=0 MEDDLES=0) ],
	[ 'a last look that is sent after an answer which says that it is time',
		$orphan, qw(DATE_OF_THE_LOOK) ],
	[ "AWS's clock for that, if the host's is set", $orphan,
		qw(LOCAL_END STEPS=1) ],
	[ "AWS's clock for that, after a failover", $orphan,
		qw(LOCAL_END CRASHES=1 MEDDLES=0) ],
	[ 'a time that has come for certain', $orphan, qw(HALF_WAY MEDDLES=0) ],
	[ 'counting anew when a worker is gone', $too_late,
		qw(GOES_ON_COUNTING WORKER_KILLS=1) ],
	[ 'an undo that has no longer timeout than the call', $too_late,
		qw(DELETES_TAKE_LONGER WORKER_KILLS=1) ],

	# ownership
	[ "AWS's clock for the proof, if the host's is set", $stays,
		qw(LOCAL_PROOF STEPS=1 LOSSES=0 MEDDLES=0) ],
	[ "AWS's clock for the proof, if the host's is set forward",
		$somebody_elses, qw(LOCAL_PROOF STEPS=1 ONLY_FORWARD) ],
	[ "AWS's clock for the proof, after a failover", $stays,
		qw(LOCAL_PROOF CRASHES=1 MEDDLES=0) ],
	[ "asking for AWS's time before the call", $stays,
		qw(NEVER_ASKS MEDDLES=0) ],
	[ 'leaving alone what has no time', $somebody_elses,
		qw(NEVER_ASKS UNDATED_IS_OURS) ] ];

# The ownership of rows.
$guards{claims} = [
	# the two keys
	[ 'one row for a name', $accepted, qw(NO_KEY STRICTLY) ],
	[ 'telling rows of one table apart', "another row's claim is released",
		qw(CLAIMED_BY_TABLE) ],
	[ 'one owner of a connection', $two_owners,
		qw(NO_SECOND_KEY TWO_TARGETS ADOPTS) ],
	[ 'taking ownership from whose connection is not there any more', $orphan,
		qw(SECOND_KEY_REFUSES TWO_TARGETS MEDDLES=1) ],
	[ 'an owner whose deletion has failed', $two_owners,
		qw(THE_ABANDONED_MAY_BE_TAKEN TAKES DEATHS=1 FAILURES=1 RETRIES=1) ],
	[ 'leaving alone what somebody may own', $updated,
		qw(THE_UNKNOWN_MAY_BE_TAKEN TWO_TARGETS TAKES GIVES_UP) ],

	# which life
	[ 'comparing the life before an update', $updated,
		qw(UPDATES_ANY_LIFE MEDDLES=1) ],
	[ 'comparing the life before a deletion', $somebody_elses,
		qw(DELETES_ANY_LIFE MEDDLES=1) ],
	[ 'owning the life that was made, not that which is read later',
		$somebody_elses, qw(OWNED_AS_READ_LATER MEDDLES=1) ],
	[ 'asking whether what is owned is younger than the list', $orphan,
		qw(NOTES_WHAT_IS_OLD MEDDLES=1 SYNCS=1) ],
	[ 'noting what was there before the first attempt', $accepted,
		qw(SINCE_IS_FORGOTTEN STRICTLY DEATHS=1) ],

	# how long a claim lives
	[ 'owning what is made after the claim was released', $orphan,
		qw(ONLY_IF_NOT_RELEASED) ],
	[ 'keeping the claim until the deletion is done', $orphan,
		qw(DROPPED_AT_ONCE) ],
	[ 'doing nothing without a claim', $orphan,
		qw(ACTS_WITHOUT_CLAIM TAKES RELEASES=1) ],
	[ 'remembering that an attempt may have made something', $orphan,
		qw(FORGETS_THE_UNKNOWN GIVES_UP) ],

	# the order of requests
	[ 'the order', $accepted, qw(OUT_OF_ORDER STRICTLY) ],
	[ 'finishing what has begun, whatever was asked before', 'a request is not'
		. ' carried out',
		qw(IN_ANY_CASE MEDDLES=1 DEATHS=1 FAILURES=1 RETRIES=1) ],
	[ 'one at a time, whatever the target is called', $orphan,
		qw(NO_LOCK TWO_TARGETS MEDDLES=1) ],
	[ 'that, if the worker is gone', $updated,
		qw(THE_DEAD_DO_NOT_EXCLUDE TWO_TARGETS MEDDLES=1 DEATHS=1) ],
	[ 'waiting for what such a worker has sent', $accepted,
		qw(TRIES_AGAIN_AT_ONCE STRICTLY DEATHS=1) ] ];

foreach my $model (qw(immediate identity time claims))
{
	foreach (@{ $guards{$model} })
	{
		my ($name, $violation, @switches) = @$_;
		my $result = ($violation eq $circle ? \&find_cycles : \&check_model)
		  ->("test/model/$model.pml", @switches);

		is($result->{violation}, $violation, "without $name")
		  or diag("-D" . join(' -D', @switches), "\n", trace_of($result));
		note(sprintf '%d states, %.1f s', @{$result}{qw(states seconds)});
	}
}

done_testing();
