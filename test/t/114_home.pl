# Copyright (c) 2026, glue_conn contributors
#
# A database that is a copy of another one holds the requests of the original:
# they are neither sent nor undone, until a user takes them over or drops them.
# Requests that are made in the copy are carried out.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use PostgreSQL::Test::Utils;
use Test::More;

# The database that is copied is not served, so that its requests stay queued.
my $cluster = GlueConn::Cluster->start(
	preload => 1, secret_key => 1, conf => <<'CONF');
glue_conn.databases = 'copy, second, restored'
glue_conn.settle_time = '1s'
glue_conn.request_timeout = '4s'
CONF
my $glue = $cluster->glue;
my $node = $cluster->node;
my $file = $node->data_dir . '/../secret.key';

# Which requests are in a state.
sub in_state
{
	my ($session, $state) = @_;

	return $session->must("SELECT string_agg(connection_name, ' ' ORDER BY id)"
		  . " FROM glue_request WHERE state = '$state'")->output;
}

my $postgres = $cluster->session;
$postgres->must('CREATE DATABASE source');
my $source = $cluster->session(database => 'source');
$source->must('CREATE EXTENSION glue_conn; CREATE ROLE plain;'
	  . ' GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO plain;'
	  . ' GRANT EXECUTE ON ALL PROCEDURES IN SCHEMA public TO plain');
enqueue($source, jdbc('queued'));
enqueue($source, secret('sealed'));
$source->must('SET ROLE plain; ' . enqueue_create_sql(jdbc('of plain')) . '; RESET ROLE');

# A connection that the original has deleted may have been created again.
enqueue_delete($source, 'second life');
$glue->put_connection(input => jdbc('second life'));

# A call of a transaction that was rolled back: to be undone, by the original.
my $xid = $source->must('BEGIN; SELECT pg_current_xact_id()')->output;
$source->must('ROLLBACK');
$glue->put_connection(input => jdbc('rolled back'));
$source->must(<<"END");
INSERT INTO glue_request (operation, connection_name, region, input, state,
	next_attempt_at, caller_xid, caller_top_xid, answered_at, on_rollback,
	requested_by, requested_at)
VALUES ('CreateConnection', 'rolled back', 'us-east-1',
	@{[literal(json_text(jdbc('rolled back')))]}, 'running', now(), '$xid', '$xid',
	now(), 'delete', current_user::regrole, now() - interval '1 s')
END
my $home = $source->must('SELECT glue_home()')->output;
is($source->must('SELECT DISTINCT home FROM glue_request')->output, $home,
	'requests are at home where they were made');
$source->quit;

#
# CREATE DATABASE ... TEMPLATE
#

my $watch = $cluster->watch;
$postgres->must("CREATE DATABASE $_ TEMPLATE source") foreach 'copy', 'second';
my $copy = $cluster->session(database => 'copy');
isnt($copy->must('SELECT glue_home()')->output, $home, 'a copy has another home');
is($copy->must('SELECT glue_database_id()')->output,
	$cluster->query('SELECT glue_database_id()', database => 'source')->output,
	'although its identity was copied');
is(end_of($copy, enqueue($copy, jdbc('of the copy'))),
	'succeeded', 'its own requests are carried out');
my $all = "queued sealed of plain second life rolled back";
wait_until(sub { in_state($copy, 'held') eq $all }, 'all requests are shown as held');
is($copy->must('SELECT held, queued, running, succeeded, oldest'
		. ' FROM glue_request_summary')->output, '5|0|0|1|',
	'and are so in the summary');
is($watch->sent('CreateConnection'), 1, 'nothing else was created');
is($watch->sent('DeleteConnection'), 0, 'and nothing deleted');
is($watch->sent, 1, 'nor looked at');
ok($glue->connection($_), "$_ is left") foreach 'second life', 'rolled back';
like(slurp_file($node->logfile), qr/5 requests to AWS Glue are held in database "copy"/,
	'the log reports it');

foreach my $call (qw(wait cancel retry))
{
	my $result = $copy->query("SELECT glue_${call}_request(1)");

	is($result->sqlstate, '55000', "glue_${call}_request(): SQLSTATE");
	like($result->message, qr/request 1 is held/, "glue_${call}_request(): why");
	like($result->hint, qr/glue_take_over_requests/, "glue_${call}_request(): a remedy");
}

# One that arrives while the queue is processed, as at a subscriber.
$copy->must('INSERT INTO glue_request (operation, connection_name, region, input,'
	  . ' state, next_attempt_at, requested_by, requested_at, home) VALUES'
	  . " ('CreateConnection', 'arrived', 'us-east-1', "
	  . literal(json_text(jdbc('arrived')))
	  . ", 'queued', now(), current_user::regrole, now(), 1)");
is(end_of($copy, enqueue($copy, jdbc('arrived'))),
	'succeeded', 'a request of its own continues');
is($glue->created('arrived'), 1, 'and alone');
work($copy);
is($copy->must('SELECT state FROM glue_request WHERE home = 1')->output, 'held',
	'the other is held');
$copy->must('DELETE FROM glue_request WHERE home = 1');

# Without a worker, too: by CALL.
$cluster->query('CALL glue_process_requests()', database => 'second');
is($cluster->query("SELECT count(*) FROM glue_request WHERE state = 'held'",
		database => 'second')->output, '5', 'CALL holds them as well');

#
# Roles that may decide about them
#

is($copy->must('SET ROLE plain; SELECT count(*) FROM glue_request'
		. " WHERE state = 'held'")->output, '1', 'a role sees its own requests');
my $refused = $copy->query('SELECT glue_take_over_requests()');
is($refused->sqlstate, '42501', 'only a superuser may take them over');
is($copy->must('SELECT glue_drop_held_requests()')->output, '1',
	'and everybody drop their own');
$copy->must('RESET ROLE');
is(in_state($copy, 'held'), 'queued sealed second life rolled back', 'the others stay');

# By ID, to which the copy has given its own meaning; with a secret.
$copy->must("SELECT setval('glue_request_id_seq', 100)");
my $own = enqueue($copy, jdbc('in the way'));
$copy->must("SELECT glue_wait_request($own)");
$copy->must('ALTER TABLE glue_request ALTER id SET GENERATED BY DEFAULT;'
	  . " UPDATE glue_request SET id = 2 WHERE id = $own;"
	  . ' ALTER TABLE glue_request ALTER id SET GENERATED ALWAYS');
is($copy->must('SELECT glue_take_over_requests(ARRAY[2, 999])')->output, '1',
	'one is taken over');
my $id = $copy->must("SELECT id FROM glue_request WHERE connection_name = 'sealed'")->output;
cmp_ok($id, '>', 100, 'under an ID of its own, if its ID is taken');
is(end_of($copy, $id), 'succeeded', 'and is carried out');
is($glue->connection('sealed')->{definition}{ConnectionProperties}{PASSWORD},
	'Secret-sealed', 'with its secret');
is($copy->must('SELECT count(*) FROM glue_request_secret WHERE home = glue_home()')
	  ->output, '0', 'which is erased then');

# All: but calls that acted at once can only be dropped.
is($copy->must('SELECT glue_take_over_requests()')->output, '2', 'all are taken over');
wait_until(sub { in_state($copy, 'succeeded') =~ /second life/ }, 'they are carried out');
ok($glue->connection('queued'), 'as they were requested');
is($glue->connection('second life'), undef, 'all of them');
is(in_state($copy, 'held'), 'rolled back', 'but calls that acted at once');
is($copy->must('SELECT glue_drop_held_requests(ARRAY[999])')->output, '0',
	'is not dropped by another ID');
is($copy->must('SELECT glue_drop_held_requests()')->output, '1', 'but at last');
ok($glue->connection('rolled back'), 'and was never undone');
$copy->quit;

# A key that is gone: nothing is half done.
my $second = $cluster->session(database => 'second');
rename $file, "$file.old" or die;
$refused = $second->query('SELECT glue_take_over_requests()');
is($refused->sqlstate, 'F0000', 'without the key, nothing is taken over');
is($second->must("SELECT count(*) FROM glue_request WHERE state = 'held'")->output, '5',
	'not one');
rename "$file.old", $file or die;
is($second->must('SELECT glue_drop_held_requests()')->output, '5', 'all are dropped');
is($second->must('SELECT count(*) FROM glue_request_secret')->output, '0',
	'secrets and all');
$second->quit;

#
# A dump
#

$postgres->must('CREATE DATABASE restored');
$node->command_ok([ 'sh', '-c', 'pg_dump -Fc -d "$0" | pg_restore -d "$1"',
	$node->connstr('source'), $node->connstr('restored') ], 'dump and restore');
my $restored = $cluster->session(database => 'restored');
is($restored->must('SELECT count(*) FROM glue_request')->output, '0',
	'a dump has no requests');
isnt($restored->must('SELECT glue_database_id()')->output,
	$cluster->query('SELECT glue_database_id()', database => 'source')->output,
	'and the restored database has an identity of its own');
is(end_of($restored, enqueue($restored, secret('of the restored one'))),
	'succeeded', 'and works');
$restored->quit;
$postgres->quit;
$cluster->finish;
done_testing();
