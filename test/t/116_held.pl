# Copyright (c) 2026, glue_conn contributors
#
# Requests that are held block no others, not even those that are locked, and
# those that are taken over are carried out in their order.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use Test::More;

# Nothing is carried out but by CALL, until the end.
my $cluster = GlueConn::Cluster->start(preload => 1, conf => "glue_conn.databases = 'nowhere'\n");
my $glue = $cluster->glue;
my $session = $cluster->session;
my $other = $cluster->session;
my $elsewhere = 42;

# Make requests those of another database.
sub move_away
{
	my ($set, @ids) = @_;

	$session->must("UPDATE glue_request SET home = $elsewhere$set WHERE id IN ("
		  . join(', ', @ids) . ')');
	return;
}

# The requests for a connection that have not ended, in their order.
sub open_requests
{
	my ($name) = @_;

	return $session->must("SELECT string_agg(operation, ' ' ORDER BY id)"
		  . ' FROM glue_request WHERE finished_at IS NULL'
		  . " AND connection_name = '$name'")->output;
}

#
# The order of those that are taken over
#

my @ids = (enqueue($session, referring('ordered')), enqueue_delete($session, 'ordered'));
move_away('', @ids);
$session->must("SELECT setval('glue_request_id_seq', $ids[0], false)");
is(enqueue($session, referring('in the way')), $ids[0], 'the ID of the first is taken, that of the second free');
$session->must("SELECT setval('glue_request_id_seq', $ids[1])");
is($session->must('SELECT glue_take_over_requests()')->output, '2', 'both are taken over');
is(open_requests('ordered'), 'CreateConnection DeleteConnection', 'in their order');
work($session);
is($glue->connection('ordered'), undef, 'and carried out so');
ok($glue->created('ordered'), 'both');

# One after the other.
@ids = (enqueue($session, referring('by one')), enqueue_delete($session, 'by one'));
move_away('', @ids);
$session->must("SELECT setval('glue_request_id_seq', $ids[0], false)");
enqueue($session, referring('in the way, too'));
$session->must("SELECT setval('glue_request_id_seq', $ids[1])");
$session->must("SELECT glue_take_over_requests(ARRAY[$_])") foreach @ids;
is(open_requests('by one'), 'CreateConnection DeleteConnection', 'if one is taken over after the other');
work($session);

# Where the sequence has not got to yet, as that of a subscriber.
@ids = (enqueue($session, referring('ahead')));
move_away('', @ids);
$session->must("SELECT setval('glue_request_id_seq', $ids[0] - 1)");
$session->must('SELECT glue_take_over_requests()');
ok(enqueue($session, referring('next')) > $ids[0], 'an ID that is not given yet is not used by a request from elsewhere');
work($session);
is($glue->created('ahead'), 1, 'which is carried out');

# From another cluster, where the server has another OID.
$session->must("CREATE SERVER shop FOREIGN DATA WRAPPER glue_conn OPTIONS (region 'us-east-1')");
@ids = (enqueue($session, referring('cluster'), server => 'shop'));
move_away(', cluster = 1, server_oid = 1', @ids);
$session->must('SELECT glue_take_over_requests()');
is($session->must("SELECT server_oid = (SELECT oid FROM pg_foreign_server WHERE srvname = 'shop')"
		. " FROM glue_request WHERE connection_name = 'cluster'")->output, 't',
	'a request from another cluster is for the server here');
my $delete = enqueue_delete($session, 'cluster', server => 'shop');
work($session);
is(state_of($session, $delete), 'succeeded', 'and in order');
is($glue->connection('cluster'), undef, 'with requests made here');

#
# Somebody has locked a row
#

@ids = (enqueue($session, referring('locked')));
move_away('', @ids);
$other->must('BEGIN; SELECT glue_drop_held_requests()');
my $own = enqueue($session, referring('not locked'));
work($session);
is(state_of($session, $own), 'succeeded', 'a held request that is locked delays no other');
$other->must('ROLLBACK');
work($session);
is(state_of($session, $ids[0]), 'held', 'and is shown as held later');
$session->must('SELECT glue_drop_held_requests()');

$ids[0] = enqueue($session, referring('cancelled'), server => 'shop');
$session->must("UPDATE glue_request SET cluster = 1 WHERE id = $ids[0]");
$other->must("BEGIN; SELECT glue_cancel_request($ids[0])");
$own = enqueue($session, referring('not cancelled'));
work($session);
is(state_of($session, $own), 'succeeded', 'nor does one from before pg_upgrade');
$other->must('ROLLBACK');
work($session);
is(state_of($session, $ids[0]), 'succeeded', 'and it is carried out later');

#
# Held, with a home that is ours again
#

@ids = (enqueue($session, referring('again')));
$session->must("UPDATE glue_request SET state = 'held' WHERE id = $ids[0]");
$own = enqueue($session, referring('again'));
work($session);
is(state_of($session, $ids[0]), 'held', 'a request shown as held stays so');
is(state_of($session, $own), 'succeeded', 'and blocks nothing');
is($session->must('SELECT glue_take_over_requests()')->output, '1', 'it can be taken over');
is($session->must("SELECT count(*) FROM glue_request WHERE id = $ids[0]")->output, '0',
	'under another ID');
$session->must("UPDATE glue_request SET state = 'held' WHERE state = 'queued'");
is($session->must('SELECT glue_drop_held_requests()')->output, '1', 'or dropped');

# A call that acts at once, and workers.
my $xid = $session->must('BEGIN; SELECT pg_current_xact_id()')->output;
$session->must('ROLLBACK');
$session->must(<<"END");
INSERT INTO glue_request (operation, connection_name, region, input, state,
	next_attempt_at, caller_xid, caller_top_xid, on_rollback, requested_by, requested_at)
VALUES ('CreateConnection', 'at once', 'us-east-1', '{}', 'held', now(), '$xid', '$xid',
	'delete', current_user::regrole, now())
END
$own = enqueue($session, referring('old'));
work($session);
$session->must("UPDATE glue_request SET finished_at = now() - interval '1 year', home = $elsewhere"
	  . " WHERE id = $own");
$cluster->configure($session, 'glue_conn.databases' => '');
is($session->must(create_sql(referring('at once')))->output, 'READY',
	'no call waits for the undo of a held call');
$own = enqueue($session, referring('at last'));
is(end_of($session, $own), 'succeeded', 'the worker works');
wait_until(sub { $session->must("SELECT count(*) FROM glue_request WHERE connection_name = 'old'")
	->output eq '0' }, 'a request that ended elsewhere long ago is deleted');
is($session->must('SELECT glue_drop_held_requests()')->output, '1', 'it can be dropped, too');

$other->quit;
$session->quit;
$cluster->finish;
done_testing();
