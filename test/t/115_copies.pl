# Copyright (c) 2026, glue_conn contributors
#
# Copies of a database on another server: a subscriber, and a server after
# point-in-time recovery, hold the requests of the original; a cluster after
# pg_upgrade continues with them.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $conf = <<'CONF';
glue_conn.settle_time = '1s'
glue_conn.request_timeout = '4s'
wal_level = logical
CONF
my $cluster = GlueConn::Cluster->start(
	preload => 1, secret_key => 1, conf => $conf,
	init => { has_archiving => 1, allows_streaming => 'logical' });
my $glue = $cluster->glue;
my $node = $cluster->node;

sub is_carried_out
{
	my ($session, $name) = @_;

	return is(end_of($session, enqueue($session, jdbc($name))), 'succeeded',
		"$name: a request of its own");
}

my $session = $cluster->session;
my $home = $session->must('SELECT glue_home()')->output;
my $original = $home;

#
# A subscriber to all tables
#

my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$subscriber->append_conf('postgresql.conf', $cluster->settings . $conf);
$cluster->write_secret_key($subscriber);
$cluster->start_node($subscriber);
my $other = $cluster->session(node => $subscriber);
$other->must('CREATE EXTENSION glue_conn');
isnt($other->must('SELECT glue_home()')->output, $home, 'a subscriber has another home');

$session->must(create_sql(jdbc('before')));
$session->must('CREATE PUBLICATION everything FOR ALL TABLES');
$other->must('CREATE SUBSCRIPTION everything CONNECTION '
	  . literal($node->connstr('postgres')) . ' PUBLICATION everything');
wait_until(sub { $other->must('SELECT bool_and(srsubstate = $$r$$) FROM pg_subscription_rel')
	->output eq 't' }, 'the tables are copied');

# A transaction that has made a connection, and has not ended yet.
my $caller = $cluster->session;
$caller->must('BEGIN');
$caller->must(create_sql(jdbc('not committed yet')));
wait_until(sub { $other->must("SELECT count(*) FROM glue_request WHERE"
		. " connection_name = 'not committed yet'")->output eq '1' },
	'the subscriber has the intent');
my $watch = $cluster->watch;
is_carried_out($other, 'on the subscriber');
wait_until(sub { $other->must("SELECT state FROM glue_request WHERE"
		. " connection_name = 'not committed yet'")->output eq 'held' },
	'the subscriber holds it');
is($watch->sent, 1, 'nothing is sent for it');
$caller->must('COMMIT');
ok($glue->connection('not committed yet'), 'a committed connection stays');
wait_until(sub { $other->must("SELECT state FROM glue_request WHERE"
		. " connection_name = 'not committed yet'")->output eq 'succeeded' },
	'the subscriber gets the outcome');

# IDs of requests are used by both.
my $id = $session->must('SELECT max(id) FROM glue_request')->output;
is_carried_out($other, "subscriber $_") foreach 1 .. $id + 1;
is($other->must('SELECT count(DISTINCT home) FROM glue_request WHERE id = 1')->output, '2',
	'an ID can be that of a request here and of one there');
is($other->must("SELECT glue_wait_request(1)")->output, 'succeeded',
	'and means the one here');

# Digests of secrets, with two keys in the table.
is($other->must('SELECT count(*) FROM glue_secret_key')->output, '2',
	'the subscriber has both keys');
$other->must('UPDATE glue_secret_key SET key = key WHERE database = glue_database_id()');
$other->quit;
$other = $cluster->session(node => $subscriber);
my $secret = jdbc('with a secret', ConnectionProperties => {
	JDBC_CONNECTION_URL => 'jdbc:mysql://h/d', USERNAME => 'u', PASSWORD => 'x' });
$other->must(create_sql($secret));
is($other->must(create_sql($secret, on_conflict => 'adopt'))->output, 'READY',
	'and uses its own');
$secret->{ConnectionProperties}{PASSWORD} = 'y';
is($other->query(create_sql($secret, on_conflict => 'adopt'))->sqlstate, '42710',
	'which tells secrets apart');
$other->must('DELETE FROM glue_secret_key WHERE database <> glue_database_id()');
$other->quit;
$other = $cluster->session(node => $subscriber);
is($other->query(create_sql($secret, on_conflict => 'adopt'))->sqlstate, '42710',
	'and which is its own, not the other one');

# The publisher's rows can be changed: one that is published needs an identity.
is($session->must(update_sql(jdbc('before', Description => 'new')))->output, '',
	'a published record can be updated');
is($session->must(delete_sql('before'))->output, 't', 'and deleted');
wait_until(sub { $other->must("SELECT count(*) FROM glue_connection WHERE name = 'before'")
	->output eq '0' }, 'the subscriber follows');

# Sealed secrets of a role that has another OID there.
$other->must('CREATE ROLE first; CREATE ROLE buyer');
$session->must('CREATE ROLE buyer; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO buyer');
$cluster->configure($session, 'glue_conn.databases' => 'nowhere');
$secret->{Name} = 'sealed';
$session->must('SET ROLE buyer');
$id = enqueue($session, $secret);
$session->must('RESET ROLE');
wait_until(sub { $other->must("SELECT count(*) FROM glue_request JOIN glue_request_secret"
		. " ON id = request WHERE connection_name = 'sealed'")->output eq '1' },
	'the subscriber has a sealed request');
$other->must('ALTER SUBSCRIPTION everything DISABLE');
$session->must("SELECT glue_cancel_request($id)");
$cluster->configure($session, 'glue_conn.databases' => undef);
is($other->must("SELECT glue_take_over_requests(ARRAY[$id])")->output, '1',
	'it can be taken over');
is($other->must("SELECT glue_wait_request(id) FROM glue_request"
		. " WHERE connection_name = 'sealed'")->output, 'succeeded', 'and is carried out');
is($glue->connection('sealed')->{definition}{ConnectionProperties}{PASSWORD}, 'y',
	'with its secret');
$other->must('DROP SUBSCRIPTION everything');
$session->must('DROP PUBLICATION everything');
$other->quit;
$subscriber->stop;

#
# A point in time
#

$node->backup('copy');
$session->must("ALTER SYSTEM SET glue_conn.databases = 'nowhere'");
$session->must('SELECT pg_reload_conf()');
wait_until(sub { $session->must('SHOW glue_conn.databases')->output eq 'nowhere' },
	'no queue is processed');
$id = enqueue($session, jdbc('twice'));
$session->must('SELECT pg_create_restore_point($$here$$)');
$session->must('ALTER SYSTEM RESET glue_conn.databases');
$session->must('SELECT pg_reload_conf()');
is(end_of($session, $id), 'succeeded',
	'the original carries it out');
$session->must(delete_sql('twice'));
$session->must('SELECT pg_switch_wal()');
$node->stop;

my $restored = PostgreSQL::Test::Cluster->new('restored');
$restored->init_from_backup($node, 'copy', has_restoring => 1, standby => 0);
$restored->append_conf('postgresql.conf', <<'CONF');
glue_conn.databases = ''
recovery_target_name = 'here'
recovery_target_action = 'promote'
CONF
$cluster->write_secret_key($restored);
$watch = $cluster->watch;
$cluster->start_node($restored);
$session = $cluster->session(node => $restored);
wait_until(sub { $session->must('SELECT pg_is_in_recovery()')->output eq 'f' },
	'the server is restored');
isnt($session->must('SELECT glue_home()')->output, $home,
	'a database restored to a point in time has another home');
wait_until(sub { state_of($session, $id) eq 'held' }, 'its requests are held');
is($watch->sent, 0, 'and not carried out once more');
is_carried_out($session, 'after the restore');
is($session->must('SELECT glue_take_over_requests()')->output, '1', 'they can be taken over');
is(end_of($session, $id), 'succeeded',
	'and are carried out then');
$home = $session->must('SELECT glue_home()')->output;
$session->quit;
$cluster->in_environment(sub { $restored->restart });
$session = $cluster->session(node => $restored);
is($session->must('SELECT glue_home()')->output, $home, 'a restart changes nothing more');

# A promotion of its standby is no restore.
$restored->append_conf('postgresql.conf', "recovery_target_name = ''\n");
$restored->backup('another');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($restored, 'another', has_streaming => 1);
$cluster->write_secret_key($standby);
$cluster->start_node($standby);
my $reader = $cluster->session(node => $standby);
is($reader->must('SELECT glue_home()')->output, $home, 'a standby has the same home');
$session->quit;
$restored->stop;
$standby->promote;
wait_until(sub { $reader->must('SELECT pg_is_in_recovery()')->output eq 'f' },
	'the standby is promoted');
is($reader->must('SELECT glue_home()')->output, $home, 'and has it after a promotion');
is_carried_out($reader, 'after the promotion');
is($reader->must("SELECT count(*) FROM glue_request WHERE state = 'held'")->output, '0',
	'nothing is held');
$reader->quit;
$standby->stop;

# Without the history of its timeline, a server does not know whether it was restored.
unlink glob($standby->data_dir . '/pg_wal/*.history') or die "there is no history\n";
$cluster->start_node($standby);
$reader = $cluster->session(node => $standby);
my $unknown = $reader->must('SELECT glue_home()')->output;
isnt($unknown, $home, 'without a history, the home is another one');
isnt($unknown, $original, 'and not that from before the restore');
$reader->quit;
$standby->stop;

$glue->stop;
foreach my $server ($node, $subscriber, $restored, $standby)
{
	unlike(slurp_file($server->logfile), qr/terminated by signal|PANIC:|TRAP:/,
		'no process of ' . $server->name . ' crashed');
}
done_testing();
