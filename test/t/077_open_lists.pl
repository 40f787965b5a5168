# Copyright (c) 2026, glue_conn contributors
#
# Lists of connections that are read while connections are changed.
#
# A list returns the connections at its begin, for any kind of reader, while
# its session creates, updates or deletes: the rest is read before the first
# change is sent; otherwise nothing is sent.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start(
	conf => "work_mem = 64kB\nlog_temp_files = 0\n");
my $glue = $cluster->glue;
my $session = $cluster->session(settings => { statement_timeout => '60s' });

# A created connection comes after all listed ones.
$session->must(<<'SQL');
CREATE FUNCTION copy_of(c jsonb) RETURNS jsonb LANGUAGE sql
	RETURN jsonb_build_object('Name', 'x' || (c->>'Name'),
		'ConnectionType', 'JDBC', 'ConnectionProperties',
		jsonb '{"JDBC_CONNECTION_URL": "jdbc:mysql://h/d", "SECRET_ID": "s"}');
CREATE FUNCTION copy_all() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	c jsonb;
	n integer := 0;
BEGIN
	FOR c IN SELECT glue_get_connections() LOOP
		PERFORM glue_create_connection(copy_of(c));
		n := n + 1;
	END LOOP;
	RETURN n;
END $$;
CREATE FUNCTION list() RETURNS SETOF jsonb LANGUAGE sql VOLATILE AS
	'SELECT glue_get_connections()';
CREATE SERVER elsewhere FOREIGN DATA WRAPPER glue_conn
	OPTIONS (region 'eu-west-1');
SQL

my $count = 35;
my $listed = '(SELECT glue_get_connections() AS c OFFSET 0) AS s';
my $cursor = 'DECLARE l CURSOR FOR SELECT glue_get_connections()->>\'Name\'';
my $hold = $cursor =~ s/FOR/WITH HOLD FOR/r;
my $create = 'SELECT glue_create_connection(copy_of(\'{"Name": "new"}\'))';

# Begin with connections on some small pages.
sub fill
{
	$session->query('ROLLBACK');
	$session->query('CLOSE ALL');
	$session->must('DELETE FROM glue_connection');
	$glue->reset;
	$glue->set(page_limit => 10);
	$glue->put_connections(map {
		{ Name => sprintf('c%02d', $_), ConnectionType => 'JDBC',
			ConnectionProperties => {
				JDBC_CONNECTION_URL => 'jdbc:mysql://h/d', SECRET_ID => 's' } }
	} 1 .. $count);
	return;
}

sub existing
{
	return scalar @{ $glue->state->{connections} };
}

# Fetch from the cursor; the names, with blanks between.
sub fetch
{
	my ($how) = @_;

	return join ' ', split /\n/, $session->must("FETCH $how FROM l")->output;
}

sub names
{
	my ($first, $last) = @_;

	return join ' ', map { sprintf 'c%02d', $_ } $first .. $last;
}

#
# One statement
#

foreach my $form (
	[ 'a select list',
		"SELECT count(glue_create_connection(copy_of(c))) FROM $listed" ],
	[ 'a select list without a subquery',
		'SELECT count(*) FROM (SELECT'
		  . ' glue_create_connection(copy_of(glue_get_connections()))) AS s' ],
	[ 'a function of SQL',
		'SELECT count(*) FROM (SELECT'
		  . ' glue_create_connection(copy_of(list())) OFFSET 0) AS s' ],
	[ 'a lateral join',
		"SELECT count(status) FROM $listed,"
		  . ' LATERAL glue_create_connection(copy_of(c)) AS status' ],
	[ 'many at once',
		"SELECT count(n.*) FROM $listed,"
		  . ' LATERAL glue_create_connections(ARRAY[copy_of(c)]) AS n' ],
	[ 'a FROM clause',
		'SELECT count(glue_create_connection(copy_of(c)))'
		  . ' FROM glue_get_connections() AS c' ],
	[ 'a loop of PL/pgSQL', 'SELECT copy_all()' ])
{
	my ($name, $sql) = @$form;

	fill();
	is($session->query($sql)->output, $count, "$name: as many as there were");
	is(existing(), 2 * $count, "$name: and none was copied twice");
}

fill();
my $watch = $cluster->watch;
is($session->must("SELECT glue_create_connection(copy_of(c)) FROM $listed LIMIT 3")
	  ->output, "READY\nREADY\nREADY", 'with LIMIT');
is(existing(), $count + 3, 'no more than that are created');
is($watch->operations, 'GetConnections ' x 4 . 'CreateConnection ' x 2
	  . 'CreateConnection', 'after all pages were read');

# Each execution of a subquery is a list of its own.
fill();
is($session->must('SELECT count(*), count(CASE WHEN n = 1 THEN'
		  . ' glue_create_connection(copy_of(c)) END)'
		  . ' FROM (VALUES (1), (2)) AS v(n), LATERAL'
		  . ' (SELECT glue_get_connections() AS c, n AS m OFFSET 0) AS s')->output,
	3 * $count . "|$count", 'a list that is read twice');

#
# Several statements
#

foreach my $change (
	[ 'a creation', $create ],
	[ 'many creations', 'SELECT * FROM glue_create_connections('
		  . 'ARRAY[copy_of(\'{"Name": "y"}\'), copy_of(\'{"Name": "z"}\')])' ],
	[ 'an update', update_sql({ Name => 'c20', ConnectionType => 'JDBC',
		Description => 'new', ConnectionProperties => {
			JDBC_CONNECTION_URL => 'jdbc:mysql://h/d', SECRET_ID => 's' } }) ],
	[ 'a deletion', "SELECT glue_delete_connection('c20')" ],
	[ 'many deletions',
		"SELECT * FROM glue_batch_delete_connection('{c20,c30,c31}')" ],
	[ 'tags', "SELECT glue_tag_connection('c20', '{\"a\": \"b\"}')" ])
{
	my ($name, $sql) = @$change;

	fill();
	$session->must("BEGIN; $cursor");
	is(fetch('3'), names(1, 3), "$name: a cursor has begun");
	$watch = $cluster->watch;
	$session->must($sql);
	is(($watch->operations =~ /^(?:GetCallerIdentity )?((?:GetConnections )+)/)[0],
		'GetConnections ' x 3, "$name: the rest is read first");
	is(fetch('ALL'), names(4, $count), "$name: the cursor continues as it was");
	is($watch->sent('GetConnections'), 3, "$name: nothing is read again");
	$session->must('COMMIT');
}

fill();
$session->must("BEGIN; $cursor; MOVE 3 IN l; " . $cursor =~ s/ l / m /r
	  . "; MOVE 30 IN m; $create");
is(fetch('ALL'), names(4, $count), 'the first of two cursors');
is($session->must('FETCH ALL FROM m')->output, names(31, $count) =~ s/ /\n/gr,
	'and the second');
$session->must('COMMIT');

# A cursor that outlives its transaction is read to its end when that commits.
foreach my $end (
	[ 'a call', "COMMIT; $create" ],
	[ 'a call before', "$create; COMMIT" ],
	[ 'a queued one', 'SELECT glue_enqueue_create_connection('
		  . 'copy_of(\'{"Name": "new"}\')); COMMIT; CALL glue_process_requests()' ])
{
	my ($name, $sql) = @$end;

	fill();
	$session->must("BEGIN; $hold; MOVE 3 IN l; $sql");
	is(existing(), $count + 1, "$name: is carried out");
	is(fetch('ALL'), names(4, $count), "$name: a cursor WITH HOLD");
	$session->must('CLOSE l');
}

fill();
$session->must(<<'SQL');
DO $$
DECLARE
	c jsonb;
BEGIN
	FOR c IN SELECT glue_get_connections() LOOP
		PERFORM glue_enqueue_create_connection(copy_of(c));
		CALL glue_process_requests();
	END LOOP;
END $$
SQL
is(existing(), 2 * $count, 'a loop that processes the queue');

#
# Lists that end before they are read
#

fill();
$session->must("BEGIN; $cursor; MOVE 3 IN l; $create");
$session->must('MOVE 3 IN l; CLOSE l; COMMIT');
pass('a cursor that is closed early');

$session->must("BEGIN; $cursor; MOVE 3 IN l; CLOSE l");
$watch = $cluster->watch;
$session->must("SELECT glue_delete_connection('c20'); COMMIT");
is($watch->operations, 'DeleteConnection', 'a closed cursor is not read');

$session->must("BEGIN; SAVEPOINT s; $cursor; MOVE 3 IN l; ROLLBACK TO s");
$watch = $cluster->watch;
$session->must("SELECT glue_delete_connection('c21'); COMMIT");
is($watch->operations, 'DeleteConnection', 'nor one that was rolled back');

fill();
$session->must("BEGIN; SAVEPOINT s; $cursor; MOVE 3 IN l; RELEASE s");
$session->must($create);
is(fetch('ALL'), names(4, $count), 'one of a savepoint that was released');

# The change is rolled back, and the list remains.
fill();
$session->must("BEGIN; $cursor; MOVE 3 IN l; SAVEPOINT s; $create");
is(fetch('4'), names(4, 7), 'a list that continues in a savepoint');
$session->must('ROLLBACK TO s; SELECT glue_delete_connection(\'c20\')');
is(fetch('ALL'), names(8, $count), 'and after that was rolled back');

# A cursor that has failed is of no use any more.
fill();
$session->must('BEGIN; DECLARE l CURSOR FOR SELECT'
	  . " 1 / (CASE WHEN c->>'Name' = 'c03' THEN 0 ELSE 1 END) FROM $listed");
$session->must('SAVEPOINT s; MOVE 2 IN l');
is($session->query('MOVE 1 IN l')->sqlstate, '22012', 'a cursor fails');
$session->must('ROLLBACK TO s');
$watch = $cluster->watch;
$session->must("SELECT glue_delete_connection('c20'); COMMIT");
is($watch->operations, 'DeleteConnection', 'and is not read');

# One that fails after it was read ahead
fill();
$session->must('BEGIN; DECLARE l CURSOR FOR SELECT'
	  . " 1 / (CASE WHEN c->>'Name' = 'c03' THEN 0 ELSE 1 END) FROM $listed");
$session->must("MOVE 2 IN l; SAVEPOINT s; $create");
is($session->query('MOVE 1 IN l')->sqlstate, '22012', 'a cursor fails later');
$session->must('ROLLBACK TO s; SELECT glue_delete_connection(\'c20\'); COMMIT');

#
# Lists that cannot be read to their end
#

fill();
$session->must("BEGIN; $cursor; MOVE 3 IN l; SAVEPOINT s");
$glue->misbehave(operation => 'GetConnections', skip => 1, kind => 'error',
	code => 'AccessDeniedException');
$watch = $cluster->watch;
my $result = $session->query($create);
is($result->sqlstate, '42501', 'a page that is refused');
like($result->text, qr/reading open lists of connections to their end/,
	'the error has the reason of the read');
is($watch->operations, 'GetConnections GetConnections', 'nothing else was sent');
$session->must('ROLLBACK TO s');
is(existing(), $count, 'nothing was created');
is(fetch('5'), names(4, 8), 'the list continues');
$session->must($create);
is(fetch('ALL'), names(9, $count), 'to its end');
$session->must('COMMIT');

fill();
$glue->misbehave(operation => 'GetConnections', skip => 2, kind => 'error',
	code => 'AccessDeniedException');
is($session->query("SELECT glue_create_connection(copy_of(c)) FROM $listed")
	  ->sqlstate, '42501', 'a page that is refused in one statement');
is(existing(), $count, 'nothing was created');

fill();
$session->must("BEGIN; $cursor; MOVE 3 IN l; SAVEPOINT s");
$glue->misbehave(operation => 'GetConnections', kind => 'garbage',
	body => '{"ConnectionList": {}}');
is($session->query($create)->sqlstate, '08P01', 'a page that is none');
$session->must('ROLLBACK TO s');
is(fetch('ALL'), names(4, $count), 'the list continues after that');

# A wait for a page can be cancelled.
fill();
$session->must("BEGIN; $cursor; MOVE 3 IN l; SAVEPOINT s");
$session->must("SET LOCAL statement_timeout = '200ms'");
$glue->misbehave(operation => 'GetConnections', kind => 'stall');
is($session->query($create)->sqlstate, '57014', 'a page that does not come');
$session->must('ROLLBACK TO s');
is(fetch('ALL'), names(4, $count), 'the list continues after that');
is(existing(), $count, 'nothing was created');

#
# Room
#

# Long lists go to a file, which is gone with them, and holds no secret.
fill();
$glue->set(hide_password => 'none');
$glue->put_connections(map { jdbc("d$_", Description => 'x' x 2000) } 1 .. 200);
foreach my $end ('FETCH ALL FROM l', 'CLOSE l', 'SELECT 1', 'ROLLBACK TO s',
	'SELECT 1/0')
{
	$session->must('BEGIN; SAVEPOINT s');
	$session->must("$cursor; MOVE 3 IN l");
	$session->must("SELECT glue_delete_connection('none', missing_ok => true)");
	my ($file) = grep { /pgsql_tmp/ } $session->open_files;
	my $content = slurp_file($file);
	like($content, qr/jdbc:postgresql/, 'a temporary file');
	unlike($content, qr/Secret-/, 'without secrets');
	$session->query($end);
	$session->query('COMMIT');
	is(scalar(grep { /pgsql_tmp/ } $session->open_files), 0, "gone after $end");
}

$session->must("BEGIN; $cursor; MOVE 3 IN l; SAVEPOINT s");
$session->must("SELECT glue_delete_connection('c20'); ROLLBACK TO s");
is(scalar(split / /, fetch('ALL')), $count + 197,
	'a file outlives the savepoint that it was made in');
$session->must('COMMIT');

$session->must("BEGIN; $cursor; MOVE 3 IN l; SAVEPOINT s");
$session->must('SET LOCAL temp_file_limit = 0');
is($session->query($create)->sqlstate, '53400', 'no room for the rest');
$session->must('ROLLBACK TO s');
is($session->query('FETCH ALL FROM l')->sqlstate, '55000',
	'the list cannot be read any more');
$session->must('ROLLBACK');
is(existing(), $count + 199, 'nothing was created');

# A list that nobody changes anything under is not collected.
$session->must("BEGIN; $cursor");
$watch = $cluster->watch;
$session->must('MOVE 1 IN l; SELECT * FROM glue_request; MOVE 3 IN l');
$session->must('SELECT count(*) FROM glue_connection_drift()');
is($watch->sent('GetConnections'), 1 + 24, 'only the needed pages are read');
is(scalar(grep { /pgsql_tmp/ } $session->open_files), 0, 'without a file');
$session->must('COMMIT');

#
# Targets
#

foreach my $other (
	[ 'another region', "server => 'elsewhere'" ],
	[ 'another catalog', "catalog_id => '210987654321'" ])
{
	my ($name, $arguments) = @$other;
	my $one = "catalog_id => '123456789012'";

	fill();
	$session->must('BEGIN; ' . $cursor =~ s/\(\)/($one)/r . '; MOVE 3 IN l;'
		  . ' SAVEPOINT s');
	$watch = $cluster->watch;
	$session->query("SELECT glue_delete_connection('none', $arguments)");
	is($watch->operations, 'DeleteConnection', "$name: the list is not read ahead");
	$session->must('ROLLBACK TO s');
	is(fetch('ALL'), names(4, $count), "$name: and continues");
	$session->must('COMMIT');
}

fill();
$session->must("BEGIN; $cursor; MOVE 3 IN l");
$watch = $cluster->watch;
$session->must("SELECT glue_delete_connection('c20', '123456789012')");
is($watch->sent('GetConnections'), 3, 'a catalog that may be the same');
$session->must('COMMIT');

# Lists of types are no lists of connections.
$glue->set(page_size => 4);
$session->must('BEGIN; DECLARE t CURSOR FOR SELECT glue_list_connection_types();'
	  . ' MOVE 1 IN t');
$watch = $cluster->watch;
$session->must("SELECT glue_delete_connection('c21')");
is($watch->operations, 'DeleteConnection', 'a list of types is not read ahead');
$session->must('COMMIT');

$session->quit;
is(join("\n", grep { /WARNING.*(?:leak|not closed)/ }
		  split /\n/, slurp_file($cluster->node->logfile)),
	'', 'nothing has leaked');
$cluster->finish;
done_testing();
