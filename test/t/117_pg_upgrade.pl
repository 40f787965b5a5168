# Copyright (c) 2026, glue_conn contributors
#
# After pg_upgrade the queue goes on by itself, with nothing to be done: the
# database is the same, although the cluster, and the OIDs of its foreign servers,
# are others.  The same version is as good for that as a newer one.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $conf = <<'CONF';
shared_preload_libraries = 'glue_conn'
glue_conn.secret_key_file = '../secret.key'
CONF
my $cluster = GlueConn::Cluster->start(
	conf => $conf . "glue_conn.databases = 'nowhere'\n");
my $glue = $cluster->glue;
my $old = $cluster->node;
my $new = PostgreSQL::Test::Cluster->new('new');

sub make_server_sql
{
	my ($name, $owner) = @_;

	return "CREATE SERVER $name FOREIGN DATA WRAPPER glue_conn OPTIONS (region 'us-east-1');"
	  . " CREATE USER MAPPING FOR PUBLIC SERVER $name OPTIONS (access_key_id "
	  . literal($glue->access_key) . ', secret_access_key '
	  . literal($glue->secret_key) . "); ALTER SERVER $name OWNER TO $owner";
}

$cluster->write_secret_key($old);
my $session = $cluster->session;
$session->must('CREATE ROLE owner; CREATE ROLE thief;'
	  . ' GRANT USAGE ON FOREIGN DATA WRAPPER glue_conn TO owner, thief');
$session->must(make_server_sql($_, 'owner')) foreach 'stolen', 'between', 'shop';
$session->must('DROP SERVER between CASCADE');
my %before = (
	plain => $session->must(enqueue_create_sql(jdbc('plain')))->output,
	shop => $session->must(enqueue_create_sql(jdbc('shop'), server => 'shop'))->output,
	stolen => $session->must(enqueue_create_sql(jdbc('stolen'), server => 'stolen'))->output);
my $earlier = $session->must(enqueue_create_sql(jdbc('in order'), server => 'shop'))->output;
$session->must("UPDATE glue_request SET next_attempt_at = now() + interval '1 h' WHERE id = $earlier");
my $home = $session->must('SELECT glue_home()')->output;
my $cluster_id = $session->must('SELECT system_identifier FROM pg_control_system()')->output;
$session->quit;
$old->stop;

$new->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$cluster->write_secret_key($new);
$new->append_conf('postgresql.conf', $cluster->settings . $conf
	  . "glue_conn.databases = 'nowhere'\n");
my $directory = PostgreSQL::Test::Utils::tempdir;
my $bindir = $new->config_data('--bindir');
chdir $directory or die "could not go to $directory: $!\n";
command_ok([ "$bindir/pg_upgrade", '--no-sync',
		'-d', $old->data_dir, '-D', $new->data_dir, '-b', $bindir, '-B', $bindir,
		'-p', $old->port, '-P', $new->port, '-s', $new->host ],
	'pg_upgrade');
$cluster->in_environment(sub { $new->start });
$session = GlueConn::Session->new($new->connstr('postgres'));
is($session->must('SELECT glue_home()')->output, $home, 'the home is the same');
isnt($session->must('SELECT system_identifier FROM pg_control_system()')->output,
	$cluster_id, 'the cluster is another one');
is($session->must('SELECT count(*) FROM glue_request r JOIN pg_foreign_server f'
		. ' ON f.srvname = r.server AND f.oid = r.server_oid')->output, '0',
	'and the servers have other OIDs');

# Somebody else makes a server of the same name before the queue is worked.
$session->must('DROP SERVER stolen CASCADE; ' . make_server_sql('stolen', 'thief'));
$session->must("ALTER SYSTEM SET glue_conn.databases = ''");
$session->must('SELECT pg_reload_conf()');
is($session->must("SELECT glue_wait_request($before{$_})")->output, 'succeeded',
	"$_: a request from before goes on") foreach 'plain', 'shop';
is($glue->created($_), 1, "$_: and is carried out once") foreach 'plain', 'shop';
wait_until(sub { $session->must("SELECT error_code FROM glue_request WHERE id = $before{stolen}")
	->output ne '' }, 'the other one was tried');
is($session->must("SELECT state, error_code FROM glue_request WHERE id = $before{stolen}")
	  ->output, 'queued|target changed', 'a server of another owner is not the same one');
is($glue->created('stolen'), 0, 'and gets nothing');
$session->must('GRANT EXECUTE ON FUNCTION glue_retry_request(bigint) TO thief, owner;'
	  . ' GRANT USAGE ON FOREIGN SERVER stolen TO PUBLIC; SET ROLE thief');
is($session->query("SELECT glue_retry_request($before{stolen})")->sqlstate, '42704',
	'nor can its owner have it sent there');
$session->must('RESET ROLE');
is($session->must("SELECT glue_cancel_request($before{stolen})")->output, 'cancelled',
	'it can be cancelled');
my $after = $session->must(enqueue_create_sql(jdbc('after'), server => 'shop'))->output;
is($session->must("SELECT glue_wait_request($after)")->output, 'succeeded',
	'what is asked for now is carried out as well');
is($session->must("SELECT count(*) FROM glue_request WHERE state = 'held'")->output, '0',
	'nothing is held');

# Requests from before and from now about one connection are in order.
my $later = $session->must("SELECT glue_enqueue_delete_connection('in order', server => 'shop')")
  ->output;
$after = $session->must(enqueue_create_sql(jdbc('other'), server => 'shop'))->output;
$session->must("SELECT glue_wait_request($after)");
is($session->must("SELECT state FROM glue_request WHERE id = $later")->output, 'queued',
	'a later request waits for the one from before');
$session->must("UPDATE glue_request SET next_attempt_at = now() WHERE id = $earlier");
is($session->must("SELECT glue_retry_request($earlier), glue_wait_request($_)")->output,
	($_ == $earlier ? 'queued' : 'succeeded') . '|succeeded', 'then both are carried out')
  foreach $earlier, $later;
is($glue->created('in order'), 1, 'the one');
is($glue->connection('in order'), undef, 'after the other');
my $digest = jdbc('digest', ConnectionProperties => {
	JDBC_CONNECTION_URL => 'jdbc:mysql://h/d', USERNAME => 'u', PASSWORD => 'x' });
is($session->must(create_sql($digest))->output, 'READY', 'the key of digests is there');
$session->quit;
$new->stop;
$glue->stop;
unlike(slurp_file($new->logfile), qr/terminated by signal|PANIC:|TRAP:/,
	'no process crashed');
done_testing();
