# Copyright (c) 2026, glue_conn contributors
#
# A synchronous standby that is promoted knows the primary's calls.
#
# The intent of a call is on the standby before the call is sent, with any
# setting of the server's synchronous_commit.  So the standby can resolve the
# primary's unfinished calls.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Interrupts;
use GlueConn::Resolved qw(create %undone %succeeded %nothing);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $cluster = GlueConn::Cluster->start(
	init => { allows_streaming => 1 },
	preload => 1, conf => <<'CONF');
glue_conn.settle_time = '1s'
glue_conn.request_timeout = '4s'
synchronous_commit = local
wal_retrieve_retry_interval = '100ms'
CONF
my $glue = $cluster->glue;
my $node = $cluster->node;
my $resolved = GlueConn::Resolved->new($glue, $node);

# A standby of the primary, as it is now.
sub start_standby
{
	my ($name) = @_;
	my $standby = PostgreSQL::Test::Cluster->new($name);

	$standby->init_from_backup($node, 'copy', has_streaming => 1);
	$cluster->start_node($standby);
	return $standby;
}

my $session = $cluster->session;
$session->must(create('before'));
$node->backup('copy');
my $standby = start_standby('near');
my $far = start_standby('far');
$node->append_conf('postgresql.conf', "synchronous_standby_names = 'near'");
$node->reload;
wait_until(sub { $session->must('SELECT count(*) FROM pg_stat_replication'
		. " WHERE application_name = 'near' AND sync_state = 'sync'")->output eq '1' },
	'the standby is synchronous');

#
# Refused on a standby
#

my $event = 'read-only transaction, standby';
my $watch = $cluster->watch;
my $reader = $cluster->session(node => $standby);
foreach my $case (
	[ 'standby', $reader, '' ],
	[ 'read-only', $session, 'BEGIN READ ONLY; ' ])
{
	my ($name, $where, $begin) = @$case;

	foreach my $call (create($name), update_sql(jdbc($name)), delete_sql($name),
		"SELECT glue_batch_delete_connection('{$name}')",
		"SELECT glue_tag_connection('$name', '{}')",
		"SELECT glue_untag_connection('$name', '{}')")
	{
		is($where->query($begin . $call)->sqlstate, '25006',
			"$event: SQLSTATE");
		$where->query('ROLLBACK');
	}
	$resolved->outcome($event, $name, %nothing);
}
is($watch->sent, 0, "$event: nothing was sent");
$reader->quit;

#
# The standby has the intent of every call that was sent
#

$standby->stop;
$watch = $cluster->watch;
my $waiting = $cluster->session;
$waiting->send(create('cancelled'));
wait_until(sub { $session->must('SELECT count(*) FROM pg_stat_activity'
		. " WHERE backend_type = 'glue_conn journal worker'"
		. " AND wait_event = 'SyncRep'")->output eq '1' },
	'the journal worker waits for the standby');
is($watch->sent, 0, 'nothing is sent while the standby does not know of it');
my $started = time;
$session->must('SELECT pg_cancel_backend(' . $waiting->pid . ')');
is($waiting->result->sqlstate, '57014', 'the wait can be cancelled');
cmp_ok(time - $started, '<', $soon, 'at once');
$waiting->send(create('patient'));
wait_until(sub { $session->must('SELECT wait_event_type FROM pg_stat_activity'
		. ' WHERE pid = ' . $waiting->pid)->output eq 'Extension' },
	'another one waits');
is($watch->sent('CreateConnection'), 0, 'nothing has been sent');
$cluster->start_node($standby);
is($waiting->result->output, 'READY', 'it continues when the standby is there');
$resolved->check('after the wait for the standby');
$resolved->outcome('a call that was cancelled', 'cancelled', %undone);
is($watch->sent('CreateConnection'), 1, 'was never sent');
$resolved->outcome('a call that has waited', 'patient', %succeeded);

#
# Two standbys take over, one of which does not know all
#

$node->wait_for_catchup($far);
$far->stop;
my @lost = ($waiting, $cluster->session);
$_->must('SET synchronous_commit = on') foreach @lost[0, 1];
$lost[0]->must('BEGIN');
$lost[0]->must(create('open'));
$lost[1]->must(create('committed'));
$lost[1]->must(create('unseen'));

# The primary is about to undo this.
$glue->misbehave(operation => 'DeleteConnection', name => 'rolled back',
	kind => 'stall');
$lost[1]->must('BEGIN; ' . create('rolled back') . '; ROLLBACK');
wait_until(sub { $watch->sent('DeleteConnection') }, 'the deletion is sent');

# Others would have to wait for their turn behind these.
push @lost, $cluster->held_session('slow', 'made', create('made')),
  $cluster->held_session('stall', 'asked for', create('asked for'));
$cluster->crash;
$_->quit foreach @lost, $session;

$event = 'promotion of a synchronous standby before the COMMIT';
$standby->append_conf('postgresql.conf', "synchronous_standby_names = ''");
$standby->reload;
$standby->promote;
$resolved = GlueConn::Resolved->new($glue, $standby);
wait_until(sub { ($resolved->ask('SELECT pg_is_in_recovery()') // '') eq 'f' },
	'the standby is promoted');
$resolved->check($event);
$resolved->outcome($event, $_, %undone) foreach 'open', 'made', 'asked for';
is($glue->created('open'), 1, "$event: it was created");
$resolved->outcome('a promotion after the COMMIT', $_, %succeeded)
  foreach 'committed', 'unseen';
$resolved->outcome('a promotion after the ROLLBACK', 'rolled back', %undone);
$session = $cluster->session(node => $standby);
is($session->must(create('after'))->output, 'READY',
	'the new primary makes calls');
$session->must('BEGIN; ' . create('and back') . '; ROLLBACK');
$resolved->check('on the new primary');
$resolved->outcome('ROLLBACK on the new primary', 'and back', %undone);
is($session->must('SELECT count(*) FROM glue_connection_drift()')->output, '0',
	'the extension says the same');
$session->quit;
$standby->stop;

$event = 'promotion of a standby that does not have the intent yet';
$cluster->start_node($far);
$far->promote;
$resolved = GlueConn::Resolved->new($glue, $far);
wait_until(sub { ($resolved->ask('SELECT pg_is_in_recovery()') // '') eq 'f' },
	'the other standby is promoted');
$resolved->wait;
$resolved->outcome($event, 'unseen', glue => 'first', row => 'none', request => 'none');
$session = $cluster->session(node => $far);
like($session->must('SELECT * FROM glue_sync_connections()')->output,
	qr/unseen\|added/, "$event: glue_sync_connections() finds it");
$resolved->outcome($event, 'unseen', glue => 'first', row => 'first', request => 'none');
is($resolved->differences, '', "$event: and all others");
$session->quit;
$far->stop;

$glue->stop;
foreach my $server ($node, $standby, $far)
{
	unlike(slurp_file($server->logfile), qr/terminated by signal|PANIC:|TRAP:/,
		'no process of ' . $server->name . ' crashed');
}
done_testing();
