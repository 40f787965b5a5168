# Copyright (c) 2026, glue_conn contributors
#
# After pg_upgrade the queue continues by itself: the database is the same,
# although the cluster, and the OIDs of its foreign servers, have changed.  The
# same version is as good for this test as a newer one.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use GlueConn::Ways;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $conf = "glue_conn.databases = 'nowhere'\n";
my $cluster = GlueConn::Cluster->start(preload => 1, secret_key => 1, conf => $conf);
my $glue = $cluster->glue;
my $old = $cluster->node;
my $new = PostgreSQL::Test::Cluster->new('new');

sub make_server
{
	my ($name, $owner) = @_;

	return server_sql($name, $glue->access_key, $glue->secret_key,
		options => "region 'us-east-1'", user => 'PUBLIC')
	  . " ALTER SERVER $name OWNER TO $owner";
}

my $session = $cluster->session;
$session->must('CREATE ROLE owner; CREATE ROLE thief;'
	  . ' GRANT USAGE ON FOREIGN DATA WRAPPER glue_conn TO owner, thief');
$session->must(make_server($_, 'owner')) foreach 'stolen', 'between', 'shop';
$session->must('DROP SERVER between CASCADE');
make_source($session);
$session->must(row_sql(referring('row')));
work($session);
my %before = (
	plain => enqueue($session, jdbc('plain')),
	shop => enqueue($session, jdbc('shop'), server => 'shop'),
	stolen => enqueue($session, jdbc('stolen'), server => 'stolen'));
my $earlier = enqueue($session, jdbc('in order'), server => 'shop');
$session->must("UPDATE glue_request SET next_attempt_at = now() + interval '1 h' WHERE id = $earlier");
my $home = $session->must('SELECT glue_home()')->output;
my $cluster_id = $session->must('SELECT system_identifier FROM pg_control_system()')->output;
$session->quit;
$old->stop;

$new->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$cluster->write_secret_key($new);
$new->append_conf('postgresql.conf', $cluster->settings . $conf);
my $directory = PostgreSQL::Test::Utils::tempdir;
my $bindir = $new->config_data('--bindir');
chdir $directory or die "could not go to $directory: $!\n";
command_ok([ "$bindir/pg_upgrade", '--no-sync',
		'-d', $old->data_dir, '-D', $new->data_dir, '-b', $bindir, '-B', $bindir,
		'-p', $old->port, '-P', $new->port, '-s', $new->host ],
	'pg_upgrade');
$cluster->start_node($new);
$session = $cluster->session(node => $new);
is($session->must('SELECT glue_home()')->output, $home, 'the home is the same');
isnt($session->must('SELECT system_identifier FROM pg_control_system()')->output,
	$cluster_id, 'the cluster is another one');
is($session->must('SELECT count(*) FROM glue_request r JOIN pg_foreign_server f'
		. ' ON f.srvname = r.server AND f.oid = r.server_oid')->output, '0',
	'and the servers have other OIDs');

# Somebody else makes a server of the same name before the queue is processed.
$session->must('DROP SERVER stolen CASCADE; ' . make_server('stolen', 'thief'));
$session->must("ALTER SYSTEM SET glue_conn.databases = ''");
$session->must('SELECT pg_reload_conf()');
is(end_of($session, $before{$_}), 'succeeded',
	"$_: a request from before continues") foreach 'plain', 'shop';
is($glue->created($_), 1, "$_: and is carried out once") foreach 'plain', 'shop';
wait_until(sub { $session->must("SELECT error_code FROM glue_request WHERE id = $before{stolen}")
	->output ne '' }, 'the other one was tried');
is(state_of($session, $before{stolen}, 'error_code'), 'queued|target changed', 'a server of another owner is not the same one');
is($glue->created('stolen'), 0, 'and gets nothing');
$session->must('GRANT EXECUTE ON FUNCTION glue_retry_request(bigint) TO thief, owner;'
	  . ' GRANT USAGE ON FOREIGN SERVER stolen TO PUBLIC; SET ROLE thief');
is($session->query("SELECT glue_retry_request($before{stolen})")->sqlstate, '42704',
	'nor can its owner have it sent there');
$session->must('RESET ROLE');
is($session->must("SELECT glue_cancel_request($before{stolen})")->output, 'cancelled',
	'it can be cancelled');
my $after = enqueue($session, jdbc('after'), server => 'shop');
is(end_of($session, $after), 'succeeded',
	'a request made now is carried out as well');
is($session->must("SELECT count(*) FROM glue_request WHERE state = 'held'")->output, '0',
	'nothing is held');

# Requests from before and from now about one connection are in order.
my $later = enqueue_delete($session, 'in order', server => 'shop');
$after = enqueue($session, jdbc('other'), server => 'shop');
end_of($session, $after);
is(state_of($session, $later), 'queued',
	'a later request waits for the one from before');
make_due($session, $earlier);
is($session->must("SELECT glue_retry_request($earlier), glue_wait_request($_)")->output,
	($_ == $earlier ? 'queued' : 'succeeded') . '|succeeded', 'then both are carried out')
  foreach $earlier, $later;
is($glue->created('in order'), 1, 'the one');
is($glue->connection('in order'), undef, 'after the other');
is($session->must(create_sql(jdbc('digest')))->output, 'READY', 'the key of digests is there');

# The ownership of rows is kept.
$session->must('RESET ROLE; DELETE FROM source');
is(end_of($session, $session->must('SELECT max(id) FROM glue_request')->output), 'succeeded',
	'a row from before is deleted');
is($glue->connection('row'), undef, 'with the connection that it owns');

$session->quit;
$new->stop;
$glue->stop;
unlike(slurp_file($new->logfile), qr/terminated by signal|PANIC:|TRAP:/,
	'no process crashed');
done_testing();
