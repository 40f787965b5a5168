# Copyright (c) 2026, glue_conn contributors
#
# An action on a connection locks out others until it is recorded: immediate
# calls, until the end of their transaction; workers that carry out the
# requests of the queue, or record rolled-back calls; and
# glue_sync_connections().  Otherwise one of them would record a state from
# before another one's action.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Interrupts;
use GlueConn::Queue;
use GlueConn::Resolved qw(create);
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1, conf => "glue_conn.settle_time = 1s\nglue_conn.request_timeout = 4s\n");
my $glue = $cluster->glue;
my $resolved = GlueConn::Resolved->new($glue, $cluster->node);
my $session = $cluster->session;
my $other = $cluster->session;

sub waits
{
	my ($who, $what) = @_;

	ok(wait_until(sub {
			$resolved->ask('SELECT wait_event_type FROM pg_stat_activity'
				  . ' WHERE pid = ' . $who->pid) eq 'Lock'
		}, 'it waits'), "$what: waits");
	return;
}

sub requests_of { return join ' ', $resolved->requests($_[0]); }

#
# Calls that act at once
#

# One transaction has made a connection, and another one deletes it before the
# first one has committed.
$session->must('BEGIN; ' . create('deleted'));
$other->send(delete_sql('deleted'));
waits($other, 'a deletion');
$session->must('COMMIT');
is($other->result->output, 't', 'a deletion of a connection that is committed meanwhile');
$resolved->check('a deletion');
is($glue->connection('deleted'), undef, 'a deletion: in AWS Glue');

# A savepoint lets go.
$session->must('BEGIN; SAVEPOINT s; ' . create('let go') . '; ROLLBACK TO s');
is($other->query(create('let go', 'second'))->output, 'READY',
	'a connection rolled back to a savepoint is free');
$session->must('COMMIT');
$resolved->check('a savepoint');

# One that fails does not wait, nor do others.
$session->must('BEGIN; ' . create('plain'));
my $result = $other->query(create('plain'));
is($result->sqlstate, '42710', 'a creation that AWS Glue refuses anyway');
cmp_ok($result->seconds, '<', $soon, 'is refused at once');
is($other->query(create('another one'))->output, 'READY', 'other names are free');
$result = $other->query('SET lock_timeout = 100; ' . update_sql(jdbc('plain')));
is($result->sqlstate, '55P03', 'there is lock_timeout');
$other->must('RESET lock_timeout');
$session->must('COMMIT');
is($other->query(update_sql(jdbc('plain', Description => 'second')))->sqlstate,
	'00000', 'and all is free after the COMMIT');
$resolved->check('after that');

# A transaction that does not see the record does not act on the connection.
foreach my $level ('REPEATABLE READ', 'SERIALIZABLE')
{
	my $name = lc $level;

	$session->must("BEGIN ISOLATION LEVEL $level; SELECT count(*) FROM glue_connection");
	$other->must(create($name));
	is($session->must('SELECT glue_wait_connection(' . literal($name) . ')')->output,
		'READY', "$level: reading it is allowed");
	my $watch = $cluster->watch;
	$result = $session->query(delete_sql($name));
	is($result->sqlstate, '40001', "$level: changing it is refused");
	is($watch->sent, 0, "$level: nothing is sent");
	$session->must('ROLLBACK');
	$resolved->check($level);
	ok($glue->connection($name), "$level: it is there");
}

# Two that wait for each other.
$session->must('BEGIN; ' . create('a'));
$other->must('BEGIN; ' . create('b'));
$session->send(delete_sql('b', missing_ok => 't'));
waits($session, 'one of two');
my @results = ($other->query(delete_sql('a', missing_ok => 't')), $session->result);
is(join(' ', sort map { $_->sqlstate } @results), '00000 40P01',
	'two transactions that wait for each other: one of them continues');
$_->must('COMMIT') foreach $session, $other;
$resolved->check('a deadlock');

# The same names in another order are no problem.
my @names = map { "bulk $_" } 1 .. 40;
$session->must('BEGIN');
$session->must(create_many_sql('count(*)', [ map { jdbc($_) } @names ],
	on_conflict => 'adopt'));
$other->send(create_many_sql('count(*)', [ map { jdbc($_) } reverse @names ],
	on_conflict => 'adopt'));
waits($other, 'many at once');
$session->must('COMMIT');
is($other->result->output, '40', 'many at once, in another order');
$resolved->check('many at once');

#
# The queue
#

# A request that is being carried out.
my $id = enqueue($session, referring('queued'));
$resolved->wait;
$glue->misbehave(operation => 'UpdateConnection', kind => 'slow', delay_ms => 1500);
enqueue_update($session, referring('queued'));
wait_until(sub { requests_of('queued') eq 'succeeded running' }, 'it is begun');
$other->send(delete_sql('queued'));
waits($other, 'a deletion while a request is carried out');
is($other->result->output, 't', 'is made afterwards');
$resolved->check('a deletion while a request is carried out');
is($glue->connection('queued'), undef, 'and has the final state');

# A session whose connection is locked blocks no other.
$session->must('BEGIN; ' . create('held'));
enqueue($other, referring('held'), on_conflict => 'adopt');
enqueue($other, referring('free'));
wait_until(sub { requests_of('free') eq 'succeeded' }, 'another request');
is(requests_of('held'), 'running queued', 'a request waits for a transaction');
$session->must('COMMIT');
wait_until(sub { requests_of('held') =~ /^succeeded (?:succeeded|failed)/ },
	'the request has its turn');
$resolved->check('a request that waits');

# A request that only records does not overwrite later changes.
$session->must(create('looked at'));
$session->must('BEGIN; SAVEPOINT s; '
	  . create('looked at', 'second', on_conflict => 'update'));
$glue->misbehave(operation => 'GetConnection', kind => 'slow', delay_ms => 1500,
	name => 'looked at');
my $watch = $cluster->watch;
$session->must('ROLLBACK TO s');
wait_until(sub { $watch->sent('GetConnection') > 0 }, 'the look');
$session->send(delete_sql('looked at'));
waits($session, 'a deletion during a look');
is($session->result->output, 't', 'is made afterwards');
$session->must('COMMIT');
$resolved->check('a deletion during a look');
is($glue->connection('looked at'), undef, 'and has the final state');

#
# glue_sync_connections()
#

# Something is deleted, or changed, after it was listed.
foreach my $recorded (0, 1)
{
	my $name = "synced $recorded";

	$session->must(create($name));
	$session->must('DELETE FROM glue_connection WHERE name = ' . literal($name))
	  if !$recorded;
	$glue->put_connection(input => jdbc($name, Description => 'by hand'));
	$glue->misbehave(operation => 'GetConnections', kind => 'slow',
		delay_ms => 1500);
	$watch = $cluster->watch;
	$other->send('SELECT name, change FROM glue_sync_connections()');
	wait_until(sub { $watch->sent('GetConnections') > 0 }, 'the list');
	$session->must('BEGIN; ' . delete_sql($name));
	waits($other, $name);
	$session->must('COMMIT');
	is($other->result->output, '', "$name: is gone by the time it is recorded");
	$resolved->check($name);
}

#
# Many
#

# So many that one lock stands for all of them.
$session->must('BEGIN');
$session->must('SELECT count(glue_create_connection(jsonb_set('
	  . literal(json_text(jdbc('x')))
	  . ", '{Name}', to_jsonb('crowd ' || i)))) FROM generate_series(1, 1100) AS i");
cmp_ok($resolved->ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
	  . ' AND pid = ' . $session->pid), '<', 1020, 'many calls do not take all locks');
$other->must("SET lock_timeout = '100ms'");
is($other->query(delete_sql($_, missing_ok => 't'))->sqlstate, '55P03', "$_ is locked")
  foreach 'crowd 1100', 'crowd 1', 'nobody';
$other->must('RESET lock_timeout');
enqueue($session, referring('meanwhile'));
$session->must('COMMIT');
wait_until(sub { requests_of('meanwhile') eq 'succeeded' }, 'the request');
$resolved->check('a crowd');

$other->quit;
$session->quit;
$cluster->finish;
done_testing();
