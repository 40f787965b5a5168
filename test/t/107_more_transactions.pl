# Copyright (c) 2026, glue_conn contributors
#
# Immediate calls follow any kind of transaction: savepoints, procedures,
# isolation levels; and a long one blocks no other.  103_transactions.pl tests
# each kind of end.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Interrupts;
use GlueConn::Resolved qw(create update %undone %succeeded);
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1, conf => "glue_conn.settle_time = 1s\nglue_conn.request_timeout = 4s\n");
my $glue = $cluster->glue;
my $resolved = GlueConn::Resolved->new($glue, $cluster->node);
my $session = $cluster->session;

sub outcome { return $resolved->outcome(@_); }

#
# Parts of a transaction
#

$session->must(join ';', 'BEGIN; SAVEPOINT s', create('released, rolled back'),
	'RELEASE s; ROLLBACK');
outcome('RELEASE, then ROLLBACK', 'released, rolled back', %undone);
$session->must(join ';', 'BEGIN; SAVEPOINT s', create('released, committed'),
	'RELEASE s; COMMIT');
outcome('RELEASE, then COMMIT', 'released, committed', %succeeded);

$session->must(join ';', 'BEGIN; SAVEPOINT a', create('nested 1'),
	'SAVEPOINT b', create('nested 2'), 'ROLLBACK TO b; SAVEPOINT c',
	create('nested 3'), 'RELEASE c; ROLLBACK TO a', create('nested 4'),
	'SAVEPOINT d', create('nested 5'), 'COMMIT');
outcome('nested savepoints', "nested $_", $_ < 4 ? %undone : %succeeded)
  foreach 1 .. 5;

$session->must('DO $$ BEGIN PERFORM (' . create('block 1')
	  . '); COMMIT; PERFORM (' . create('block 2')
	  . '); ROLLBACK; PERFORM (' . create('block 3') . '); END $$');
outcome('a DO block with COMMIT and ROLLBACK', "block $_",
	$_ == 2 ? %undone : %succeeded)
  foreach 1 .. 3;

my $result = $session->must(join ';', 'BEGIN', create('turn 1'), 'COMMIT; BEGIN',
	create('turn 2'), 'ROLLBACK; BEGIN', create('turn 3'), 'COMMIT');
is(scalar $result->messages('WARNING'), 0, 'transactions in turn: no warning');
outcome('transactions in turn', "turn $_", $_ == 2 ? %undone : %succeeded)
  foreach 1 .. 3;

foreach my $level ('REPEATABLE READ', 'SERIALIZABLE')
{
	foreach my $end ('COMMIT', 'ROLLBACK')
	{
		my $name = "$level $end";

		$session->must("BEGIN ISOLATION LEVEL $level;"
			  . ' SELECT count(*) FROM glue_request');
		$session->must(create($name));
		$session->must(update($name, 'first'));
		$session->must($end);
		if ($end eq 'COMMIT')
		{
			outcome($level, $name, %succeeded);
			next;
		}
		outcome("$level, updated and rolled back", $name, %undone,
			request => 'rolled_back NotUndone');
		is(($resolved->requests($name))[0], 'rolled_back', "$level: the create");
	}
}

# Calls in triggers that are fired by the COMMIT itself.
$session->must(<<'SQL');
CREATE TABLE source (name text, divisor int);
CREATE FUNCTION provision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM glue_create_connection(jsonb_build_object('Name', NEW.name,
		'Description', 'first', 'ConnectionType', 'JDBC',
		'ConnectionProperties', jsonb_build_object(
			'JDBC_CONNECTION_URL', 'jdbc:mysql://h/d', 'SECRET_ID', 's')));
	PERFORM 1 / NEW.divisor;
	RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER provision AFTER INSERT ON source
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION provision();
SQL
$session->must("INSERT INTO source VALUES ('deferred', 1)");
outcome('a deferred trigger', 'deferred', %succeeded);
is($session->query("INSERT INTO source VALUES ('deferred 0', 0)")->sqlstate,
	'22012', 'a deferred trigger that fails');
outcome('a deferred trigger that fails', 'deferred 0', %undone);

#
# One connection, again and again
#

# Each attempt but the last is undone while the next one waits.
is($session->query('DO $$ BEGIN FOR i IN 1 .. 5 LOOP BEGIN PERFORM ('
		  . create('loop') . '); PERFORM 1 / (i / 5);'
		  . ' EXCEPTION WHEN division_by_zero THEN NULL; END; END LOOP; END $$')
	  ->sqlstate, '00000', 'a loop that tries again');
outcome('a loop that tries again', 'loop', %succeeded);
is($glue->created('loop'), 5, 'a loop that tries again: five times');

# The statements below, about a connection with a name.
my %statement = (
	create => sub { create(@_) },
	adopt => sub { create_sql(jdbc($_[0], Description => 'first'),
		on_conflict => 'adopt') },
	overwrite => sub { create_sql(jdbc($_[0], Description => $_[1]),
		on_conflict => 'update') },
	update => sub { update(@_) },
	tag => sub { 'SELECT glue_tag_connection(' . literal($_[0])
		  . q[, '{"team": "a"}')] },
	delete => sub { delete_sql($_[0]) });

# The state before each of these transactions, and after it; none waits for
# itself.
foreach my $case (
	[ first => 'third', 'delete, SAVEPOINT s, create, ROLLBACK TO s,'
		  . ' create third, COMMIT' ],
	[ first => 'third', 'update second, SAVEPOINT s, update second,'
		  . ' ROLLBACK TO s, update third, COMMIT' ],
	[ first => 'third', 'delete, create, SAVEPOINT s, overwrite second,'
		  . ' ROLLBACK TO s, overwrite third, COMMIT' ],
	[ first => 'none', 'delete, create, ROLLBACK' ],
	[ first => 'first', 'adopt, ROLLBACK' ],
	[ none => 'none', 'create, delete, ROLLBACK' ],
	[ none => 'none', 'create, SAVEPOINT s, overwrite second, ROLLBACK TO s,'
		  . ' update third, ROLLBACK' ],
	[ none => 'none', 'create, overwrite second, ROLLBACK' ],
	[ none => 'none', 'create, update second, SAVEPOINT s, update third,'
		  . ' ROLLBACK TO s, ROLLBACK' ],
	[ none => 'none', 'create, tag, adopt, ROLLBACK' ],
	[ none => 'none', 'create, SAVEPOINT s, delete, ROLLBACK TO s, COMMIT' ],
	[ none => 'first', 'create, SAVEPOINT s, adopt, ROLLBACK TO s, adopt,'
		  . ' COMMIT' ])
{
	my ($before, $after, $list) = @$case;
	my $what = "$list, where there was $before";
	my @statements = map {
		my ($word, @more) = split / /;
		$statement{$word} ? $statement{$word}->($what, @more) : $_
	} split /, /, $list;

	$session->must(create($what)) if $before ne 'none';
	my $result = $session->query('BEGIN; ' . join '; ', @statements);
	is($result->sqlstate, '00000', "$what: SQLSTATE") or diag($result->text);
	cmp_ok($result->seconds, '<', $soon, "$what: at once");
	$resolved->check($what);
	my $held = $glue->connection($what);
	is($held ? $held->{definition}{Description} : 'none', $after,
		"$what: in AWS Glue");
}

# The same, statement by statement; the outcome of lost ones is unknown.  A
# request that waits for the transaction still does after the settle_time.
my $once = $cluster->session(settings => { 'glue_conn.max_attempts' => 1 });
foreach my $case (
	[ none => 'none', 'create, SAVEPOINT s, delete, lost second,'
		  . ' ROLLBACK TO s, waits, ROLLBACK' ],
	[ none => 'none', 'create, SAVEPOINT s, delete, lost second,'
		  . ' ROLLBACK TO s, waits, COMMIT' ],
	[ none => 'third', 'create, SAVEPOINT s, delete, lost second,'
		  . ' ROLLBACK TO s, overwrite third, COMMIT' ],
	[ none => 'none', 'create, SAVEPOINT s, delete, lost second,'
		  . ' ROLLBACK TO s, overwrite third, ROLLBACK' ],
	[ none => 'first', 'create, SAVEPOINT s, lost, ROLLBACK TO s, COMMIT' ],
	[ none => 'none', 'create, SAVEPOINT s, lost, ROLLBACK TO s, ROLLBACK' ],
	[ first => 'third', 'delete, SAVEPOINT s, lost second, ROLLBACK TO s,'
		  . ' overwrite third, COMMIT' ],
	[ first => 'none', 'delete, SAVEPOINT s, lost second, ROLLBACK TO s,'
		  . ' waits, COMMIT' ],
	[ first => 'second', 'delete, SAVEPOINT s, SET glue_conn.on_rollback = keep,'
		  . ' create second, ROLLBACK TO s, COMMIT' ],
	[ first => 'none', 'delete, lost second, ROLLBACK' ],
	[ first => 'none', 'delete, SAVEPOINT s, lost second, ROLLBACK TO s,'
		  . ' waits, ROLLBACK' ],
	[ none => 'third', 'SAVEPOINT s, create, SAVEPOINT t, tag,'
		  . ' ROLLBACK TO t, delete, lost second, ROLLBACK TO s, create third,'
		  . ' COMMIT' ])
{
	my ($before, $after, $list) = @$case;
	my $what = "$list, where there was $before";

	$session->must(create($what)) if $before ne 'none';
	$once->must('BEGIN');
	foreach (split /, /, $list)
	{
		my ($word, @more) = split / /;

		if ($word eq 'waits')
		{
			wait_until(sub { $session->must('SELECT max(requested_at) < now()'
				  . " - interval '2 s' FROM glue_request")->output eq 't' },
				'the settle_time is over');
			is(($resolved->requests($what))[-1], 'queued',
				"$what: it waits for the transaction");
			next;
		}
		if ($word ne 'lost')
		{
			$once->must($statement{$word} ? $statement{$word}->($what, @more) : $_);
			next;
		}
		$glue->misbehave(operation => 'CreateConnection', kind => 'lost-after',
			name => $what);
		$glue->misbehave(operation => 'GetConnection', kind => 'lost-before',
			times => 0, name => $what);
		is($once->query(create($what, @more))->sqlstate, '08007',
			"$what: the answer is lost");
		$glue->behave;
	}
	$resolved->check($what);
	my $held = $glue->connection($what);
	is($held ? $held->{definition}{Description} : 'none', $after,
		"$what: in AWS Glue");
}
$once->quit;

# Tags are those of the connection that is there, not of one before it.
$session->must(create('tagged'));
$session->must($statement{tag}->('tagged'));
$session->must('BEGIN; SET LOCAL glue_conn.on_rollback = keep; '
	  . delete_sql('tagged') . '; ' . create('tagged') . '; ROLLBACK');
$resolved->check('tags of one that was deleted, and made anew');
$session->must($statement{tag}->('tagged'));
is_deeply($cluster->row('tagged')->{tags}, { team => 'a' }, 'tags of it');
$session->must('BEGIN; ' . delete_sql('tagged'));
$glue->put_connection(input => jdbc('tagged', Description => 'first'));
$session->must('ROLLBACK');
outcome('one that somebody else has made anew', 'tagged', glue => 'first',
	row => 'first', request => 'rolled_back NotUndone');
is($cluster->row('tagged')->{tags}, undef, 'its tags are not known');

# A create that is rolled back, and made again in the same transaction.
$session->must(join ';', 'BEGIN; SAVEPOINT s', create('same name'),
	'ROLLBACK TO s', create('same name', 'second'), 'COMMIT');
outcome('the same name after ROLLBACK TO', 'same name',
	glue => 'second', row => 'second', request => 'succeeded');
is($glue->created('same name'), 2, 'the same name after ROLLBACK TO: twice');
$session->must('BEGIN; ' . create('same name 2') . '; ROLLBACK');
is($session->query(create('same name 2', 'second'))->output, 'READY',
	'the same name right after ROLLBACK');
outcome('the same name right after ROLLBACK', 'same name 2',
	glue => 'second', row => 'second', request => 'succeeded');

$session->must(create('adopted'));
$session->must('BEGIN; '
	  . create('adopted') =~ s/\)$/, on_conflict => 'adopt')/r . '; ROLLBACK');
outcome('ROLLBACK after an adoption', 'adopted',
	glue => 'first', row => 'first', request => 'rolled_back');

# A change of an existing connection that was rolled back to a savepoint is
# recorded after the end of the transaction, which does not wait for that.
$session->must('BEGIN; ' . create('own') . '; SAVEPOINT s');
$session->must(create('own', 'second') =~ s/\)$/, on_conflict => 'update')/r);
$session->must('ROLLBACK TO s');
ok(wait_until(sub { $session->must("SELECT count(*) FROM glue_request"
		  . " WHERE connection_name = 'own' AND state = 'queued'")
		  ->output eq '1' }, 'the update is to be recorded'),
	'an update that was rolled back to a savepoint waits');
$result = $session->query(update('own', 'third'));
cmp_ok($result->seconds, '<', $soon, 'and the transaction continues at once');
$session->must('COMMIT');
outcome('after ROLLBACK TO after an update', 'own',
	glue => 'third', row => 'third', request => 'succeeded');

#
# A long transaction blocks no other
#

my $long = $cluster->session;
$long->must('BEGIN ISOLATION LEVEL REPEATABLE READ');
$long->must(create('long'));
foreach my $round (1 .. 3)
{
	$result = $session->query(create("meanwhile $round"));
	is($result->output, 'READY', 'others make calls during a long transaction');
	cmp_ok($result->seconds, '<', $soon, 'at once');
	$session->must('BEGIN; ' . create("undone meanwhile $round") . '; ROLLBACK');
	outcome('during a long transaction', "undone meanwhile $round", %undone);
}
is(join('', $resolved->requests('long')), 'running', 'its own request is open');
my $workers = "FROM pg_stat_activity WHERE backend_type ~ '^glue_conn'";
cmp_ok($session->must("SELECT count(*) $workers AND datname = 'postgres'")
	  ->output, '>=', 1, 'there are workers');
ok(wait_until(sub { $session->must("SELECT count(*) $workers"
		  . ' AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)')
		  ->output eq '0' }, 'the workers have no snapshot'),
	'which have no snapshot while they wait');
$long->must('COMMIT');
outcome('a long transaction', 'long', %succeeded);
$long->quit;

$resolved->check('after all of this');
is($session->must('SELECT count(*) FROM glue_connection_drift()')->output, '0',
	'the extension says the same');
$session->quit;
$cluster->finish;
done_testing();
