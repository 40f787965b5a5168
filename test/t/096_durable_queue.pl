# Copyright (c) 2026, glue_conn contributors
#
# A crash forgets nothing of the queue, even where a database has its commits
# not wait for the disk.
#
# The WAL writer is stopped, so that what a commit does not write itself is
# lost for certain.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start(conf => <<'CONF');
shared_preload_libraries = 'glue_conn'
autovacuum = off
CONF
my $glue = $cluster->glue;
my $node = $cluster->node;

$cluster->query('ALTER DATABASE postgres SET synchronous_commit = off');

# Have a request carried out by the worker or by a call of our own, crash in the
# middle, and look what the queue says then.
sub interrupt
{
	my ($name, $by_hand) = @_;
	my $session = $cluster->session(settings => { synchronous_commit => 'on' });
	my ($wal_writer) = $session->must('SELECT pid FROM pg_stat_activity'
		  . " WHERE backend_type = 'walwriter'")->output =~ /^(\d+)$/;

	kill 'STOP', $wal_writer;
	$glue->misbehave(operation => 'CreateConnection', name => $name,
		kind => 'slow', delay_ms => 600_000);
	my $id = $session->must(create_sql(jdbc($name, ConnectionProperties => {
		JDBC_CONNECTION_URL => 'jdbc:mysql://h/d', SECRET_ID => 's' }))
		=~ s/glue_create_connection/glue_enqueue_create_connection/r)->output;
	my $caller = $cluster->session;
	$caller->send('CALL glue_process_requests()') if $by_hand;
	wait_until(sub { $glue->created($name) }, "$name is created");
	$cluster->crash;
	$glue->behave;
	$cluster->in_environment(sub { $node->start });

	my $after = $cluster->session;
	$after->must('CALL glue_process_requests()') if $by_hand;
	wait_until(sub {
		$after->must('SELECT finished_at IS NOT NULL FROM glue_request'
			  . " WHERE id = $id")->output eq 't';
	}, "the request for $name ends");
	is($after->must('SELECT state, attempts, coalesce(error_code, $$none$$)'
			  . " FROM glue_request WHERE id = $id")->output, 'succeeded|2|none',
		"$name: the first attempt is remembered");
	is($glue->created($name), 1, "$name: it is created once");
	is(($cluster->row($name) // {})->{status}, 'READY', "$name: it is recorded");
	$_->quit foreach ($session, $caller, $after);
	return;
}

interrupt("worker $_") foreach 1 .. 2;
$node->append_conf('postgresql.conf', "glue_conn.worker = off\n");
$node->stop;
$cluster->in_environment(sub { $node->start });
interrupt("call $_", 1) foreach 1 .. 2;

$node->stop;
$glue->stop;
done_testing();
