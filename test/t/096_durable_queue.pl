# Copyright (c) 2026, glue_conn contributors
#
# A crash loses nothing of the queue, even if a database has asynchronous
# commits.
#
# The WAL writer is stopped, so that WAL that a commit does not flush itself is
# certainly lost.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1, conf => "autovacuum = off\n");
my $glue = $cluster->glue;
my $node = $cluster->node;

$cluster->query('ALTER DATABASE postgres SET synchronous_commit = off');

# Have a request carried out by the worker or by a call of our own, crash in
# the middle, and check the state of the queue.
sub interrupt
{
	my ($name, $by_hand) = @_;
	my $session = $cluster->session(settings => { synchronous_commit => 'on' });
	my ($wal_writer) = $session->must('SELECT pid FROM pg_stat_activity'
		  . " WHERE backend_type = 'walwriter'")->output =~ /^(\d+)$/;

	kill 'STOP', $wal_writer;
	$glue->misbehave(operation => 'CreateConnection', name => $name,
		kind => 'slow', delay_ms => 600_000);
	my $id = enqueue($session, referring($name));
	my $caller = $cluster->session;
	$caller->send('CALL glue_process_requests()') if $by_hand;
	wait_until(sub { $glue->created($name) }, "$name is created");
	$cluster->crash;
	$glue->behave;
	$cluster->start_node;

	my $after = $cluster->session;
	work($after) if $by_hand;
	wait_until(sub {
		$after->must('SELECT finished_at IS NOT NULL FROM glue_request'
			  . " WHERE id = $id")->output eq 't';
	}, "the request for $name ends");
	is(state_of($after, $id, qw(attempts error_code)), 'succeeded|2|',
		"$name: the first attempt is remembered");
	is($glue->created($name), 1, "$name: it is created once");
	is(($cluster->row($name) // {})->{status}, 'READY', "$name: it is recorded");
	$_->quit foreach ($session, $caller, $after);
	return;
}

interrupt("worker $_") foreach 1 .. 2;
$node->append_conf('postgresql.conf', "glue_conn.worker = off\n");
$node->stop;
$cluster->start_node;
interrupt("call $_", 1) foreach 1 .. 2;

$node->stop;
$glue->stop;
done_testing();
