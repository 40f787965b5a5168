# Copyright (c) 2026, glue_conn contributors
#
# Accidents with connections that a row does not own, or not any more.  The
# table of accidents in docs/rows.md refers to the numbers here.
#
# sql/trigger.sql and isolation/specs/row_names.spec test the holders of names.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::LocalGlue;
use GlueConn::Queue;
use GlueConn::Ways;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;
my $session = $cluster->session;

my $seen = 0;

sub outcomes { return new_outcomes($session, \$seen); }

# The claims of the table, or of another one.
sub owned
{
	my ($table) = @_;

	return $session->must(q{SELECT coalesce(string_agg(name, ' ' ORDER BY name), '')
		FROM glue_provision_summary WHERE owned AND relation::text = }
		  . literal($table // 'source'))->output;
}

sub make_table
{
	my ($name, @arguments) = @_;

	$session->must("CREATE TABLE $name (id int PRIMARY KEY, connection_input jsonb); "
		  . trigger_sql($name, @arguments));
	return;
}

my $id = 0;

sub insert
{
	my ($table, $name, @members) = @_;

	return "INSERT INTO $table VALUES (" . ++$id . ', ' . input_sql($name, @members) . ')';
}

sub update
{
	my ($table, $name, @members) = @_;

	return "UPDATE $table SET connection_input = " . input_sql($name, @members)
	  . " WHERE connection_input->>'Name' = " . literal($name);
}

sub delete_row
{
	my ($table, $name) = @_;

	return "DELETE FROM $table WHERE connection_input->>'Name' = " . literal($name);
}

# Somebody else makes a connection, now or in another life.
sub stranger
{
	my ($name, %more) = @_;

	$glue->remove_connection($name) if $glue->connection($name);
	$glue->put_connection(input => referring($name, Description => 'theirs'), %more);
	return;
}

sub is_theirs
{
	my ($name, $what) = @_;

	return is(($glue->connection($name) // { definition => {} })->{definition}{Description},
		'theirs', $what);
}

make_table('source');
make_table('other');
make_table('adopting', 'on_conflict=adopt');
make_table('updating', 'on_conflict=update');

#
# 1.  The name is taken by a connection that another client has made by hand,
#     and a sync finds that
#

stranger('hand');
$session->must(insert('source', 'hand'));
is(outcomes(), 'Create hand failed AlreadyExistsException', 'a name that is taken');
$session->must('SELECT glue_sync_connections()');
ok($cluster->row('hand'), 'its holder is recorded');
$session->must(update('source', 'hand', Description => 'ours'));
is(outcomes(), 'Update hand failed AlreadyExistsException', 'an update leaves it alone');
my $watch = $cluster->watch;
$session->must(delete_row('source', 'hand'));
is(outcomes(), 'Delete hand succeeded', 'a deletion');
is($watch->sent, 0, 'sends nothing');
is_theirs('hand', 'it is as it was');

#
# 2. A call of this database has made it
#

$session->must(create_sql(referring('called', Description => 'theirs')));
$session->must(insert('source', 'called'));
is(outcomes(), 'Create called failed AlreadyExistsException', 'a connection that a call has made');
$session->must(update('source', 'called', Description => 'ours'));
$session->must(delete_row('source', 'called'));
is(outcomes(), 'Update called failed AlreadyExistsException, Delete called succeeded',
	'is not a row\'s');
is_theirs('called', 'and is left alone');

#
# 3. Another row, of this table or another one, has the name
#

$session->must(insert('source', 'mine', Description => 'theirs'));
outcomes();
is(owned(), 'mine', 'a row owns the connection that was created for it');
foreach my $table ('source', 'other', 'updating')
{
	my $result = $session->query(insert($table, 'mine'));

	is($result->sqlstate, '23505', "$table: another row is refused");
	is($result->message, 'another row holds AWS Glue connection "mine"', 'because of the name');
	is($result->detail, 'It is a row of table public.source.', 'and the owner is reported');
}
is(outcomes(), '', 'nothing is asked for');
is_theirs('mine', 'the connection is as it was');

#
# 4. Somebody deletes it and makes another one
#

stranger('mine', created => time + 10);
$session->must(update('source', 'mine', Description => 'ours'));
is(outcomes(), 'Update mine failed NotOurs', 'another life is not updated');
like($session->must("SELECT error_message FROM glue_request WHERE id = $seen")->output,
	qr/not changed.*created at another time/, 'which is said');
is(owned(), '', 'nothing is owned any more');
$session->must(delete_row('source', 'mine'));
is(outcomes(), 'Delete mine succeeded', 'a deletion has nothing to do');
is_theirs('mine', 'it is theirs');

$session->must(insert('source', 'twice'));
outcomes();
stranger('twice', created => time + 10);
$session->must(delete_row('source', 'twice'));
is(outcomes(), 'Delete twice failed NotOurs', 'another life is not deleted');
is_theirs('twice', 'it is theirs');
$session->must(insert('source', 'twice'));
is(outcomes(), 'Create twice failed AlreadyExistsException', 'the name can be claimed again');
$session->must(delete_row('source', 'twice'));

# unless the row may have it
foreach my $table ('adopting', 'updating')
{
	$session->must(insert($table, $table, Description => 'theirs'));
	outcomes();
	stranger($table, created => time + 10);
	$session->must(update($table, $table, Description => 'theirs', MatchCriteria => ['x']))
	  if $table eq 'updating';
	$session->must("UPDATE $table SET connection_input = NULL; "
		  . "UPDATE $table SET connection_input = " . input_sql($table, Description => 'theirs'))
	  if $table eq 'adopting';
	like(outcomes(), $table eq 'adopting' ?
		qr/^Delete adopting failed NotOurs, Create adopting succeeded$/ :
		qr/^Update updating succeeded$/, "$table: another life");
	is(owned($table), $table, 'is owned from then on');
	$session->must(delete_row($table, $table));
	is(outcomes(), "Delete $table succeeded", 'and deleted');
	is($glue->connection($table), undef, 'for good');
}

#
# 5. Somebody deletes it
#

$session->must(insert('source', 'gone'));
outcomes();
$glue->remove_connection('gone');
$session->must(update('source', 'gone', Description => 'again'));
is(outcomes(), 'Update gone succeeded', 'a missing connection is created again');
is(owned(), 'gone', 'and owned');
$glue->remove_connection('gone');
$session->must(delete_row('source', 'gone'));
is(outcomes(), 'Delete gone succeeded', 'or may be missing');

#
# 6. A call of this database deletes it, or a sync finds it gone; then somebody
# makes another one
#

foreach my $how ('delete', 'batch', 'sync')
{
	$session->must(insert('source', $how));
	outcomes();
	is(owned(), $how, "$how: it is owned");
	$session->must("SELECT glue_delete_connection('$how')") if $how eq 'delete';
	$session->must("SELECT glue_batch_delete_connection('{$how}')") if $how eq 'batch';
	$glue->remove_connection($how) if $how eq 'sync';
	$session->must('SELECT glue_sync_connections()') if $how eq 'sync';
	is(owned(), '', 'and is not any more');
	stranger($how);
	$watch = $cluster->watch;
	$session->must(delete_row('source', $how));
	is(outcomes(), "Delete $how succeeded", 'the row');
	is($watch->sent, 0, 'has nothing to delete');
	is_theirs($how, 'theirs stays');
}

#
# 7. The row is deleted before the connection is made
#

$session->must(insert('source', 'short') . '; ' . delete_row('source', 'short'));
is(outcomes(), 'Create short succeeded, Delete short succeeded', 'a row deleted at once');
is($glue->created('short'), 1, 'it was made');
is($glue->connection('short'), undef, 'and deleted');
is($session->must('SELECT count(*) FROM glue_provision WHERE released')->output, 0,
	'and its entry is gone');

#
# 8. The create fails, and the row is deleted; or corrected
#

$glue->misbehave(operation => 'CreateConnection', kind => 'error',
	code => 'InvalidInputException', message => 'no', times => 2);
$session->must(insert('source', 'wrong') . ';' . insert('source', 'right'));
outcomes();
is(owned(), '', 'a connection that was not made is not owned');
stranger('wrong');
$session->must(delete_row('source', 'wrong') . '; ' . update('source', 'right', Description => 'x'));
is(outcomes(), 'Delete wrong succeeded, Update right succeeded', 'later');
is_theirs('wrong', 'a connection of another client stays');
is(owned(), 'right', 'and one that is made then is owned');

# A connection that another client makes between two attempts has the right
# definition, and is theirs.
$glue->misbehave(operation => 'CreateConnection', kind => 'error', status => 400,
	code => 'RequestTimeoutException', message => 'slowly', times => 0);
$session->must(insert('source', 'between', Description => 'theirs'));
like(outcomes(), qr/^Create between queued /, 'a create that is put off');
$glue->behave;
stranger('between', created => time - 30, updated => time - 30);
$session->must("UPDATE glue_request SET started_at = now() - interval '1 min' WHERE id = $seen");
make_due($session, $seen);
work($session);
is(state_of($session, $seen, 'error_code'), 'failed|AlreadyExistsException', 'is not taken for theirs');
$session->must(delete_row('source', 'between'));
outcomes();
is_theirs('between', 'which stays');

#
# 9. DELETE and INSERT in one transaction; another name
#

$session->must('BEGIN; ' . delete_row('source', 'right') . '; ' . insert('source', 'right') . '; COMMIT');
is(outcomes(), 'Delete right succeeded, Create right succeeded', 'a row in place of another');
is($glue->created('right'), 2, 'has a connection of its own');
is(owned(), 'right', 'and owns it');
$session->must('UPDATE source SET connection_input = ' . input_sql('left'));
is(outcomes(), 'Delete right succeeded, Create left succeeded', 'another name');
is(owned(), 'left', 'is owned');
$session->must(insert('other', 'right'));
is(outcomes(), 'Create right succeeded', 'the old one is free');

#
# 10. Two foreign servers lead to one account
#

$session->must(server_sql($_, $glue->access_key, $glue->secret_key,
	options => "region 'us-east-1'", user => 'PUBLIC')) foreach 'one', 'two';
make_table('first', 'server=one');
make_table("second_$_", 'server=two', "on_conflict=$_") foreach 'error', 'adopt', 'update';
$session->must(insert('first', 'both', Description => 'theirs'));
outcomes();
foreach my $action ('error', 'adopt', 'update')
{
	my $code = $action eq 'error' ? 'AlreadyExistsException' : 'NotOurs';

	$session->must(insert("second_$action", 'both', Description => 'theirs'));
	is(outcomes(), "Create both failed $code", "$action: a connection that another row owns");
	like($session->must("SELECT error_message FROM glue_request WHERE id = $seen")->output,
		qr/row of table public\.first owns it/, 'is named') if $action ne 'error';
	$session->must("DELETE FROM second_$action");
	is(outcomes(), 'Delete both succeeded', 'and not deleted');
}
is(owned('first'), 'both', 'it is the first one\'s');

# unless that is gone
stranger('both', created => time - 3600, updated => time - 3600);
$session->must(insert('second_adopt', 'both', Description => 'theirs'));
is(outcomes(), 'Create both succeeded', 'another life can be adopted');
is(owned('second_adopt'), 'both', 'and is owned');
is(owned('first'), '', 'by one of them');
$session->must('DELETE FROM first');
is(outcomes(), 'Delete both succeeded', 'the first one');
is_theirs('both', 'deletes it no more');
$session->must('DELETE FROM second_adopt');
outcomes();
is($glue->connection('both'), undef, 'the second one does');

#
# 11. The foreign server leads to another account
#

$session->must(insert('first', 'moved') . '; ' . insert('first', 'updated'));
outcomes();
$glue->add_credentials(access_key => 'AKIAOTHER', secret_key => $glue->secret_key,
	account => '222222222222');
$session->must("ALTER USER MAPPING FOR PUBLIC SERVER one OPTIONS (SET access_key_id 'AKIAOTHER')");
$session->must(delete_row('first', 'moved') . '; ' . update('first', 'updated', Description => 'x'));
$watch = $cluster->watch;
is(outcomes(), 'Delete moved failed target changed, Update updated failed target changed',
	'a connection owned elsewhere is not looked for here');
is($watch->sent($_), 0, "$_ is not sent") foreach 'CreateConnection', 'UpdateConnection', 'DeleteConnection';
like($session->must("SELECT error_message FROM glue_request WHERE id = $seen")->output,
	qr/account 123456789012 at .* account 222222222222 now/, 'and it is said where it is');
is($session->must(q{SELECT outcome FROM glue_adopt_rows('first') WHERE name = 'updated'})->output,
	'owned, but elsewhere', 'nor is it adopted');
$session->must("ALTER USER MAPPING FOR PUBLIC SERVER one OPTIONS (SET access_key_id '"
	  . $glue->access_key . q{'); SELECT glue_retry_request(id) FROM glue_request}
	  . q{ WHERE error_code = 'target changed'});
work($session);
is($glue->connection('moved'), undef, 'where the server leads back, it is deleted');
is($glue->connection('updated')->{definition}{Description}, 'x', 'or updated');
$session->must('DELETE FROM first');
is(outcomes(), 'Delete updated succeeded', 'and still owned');

# The outcome of the create is unknown, and the server is gone before it is resolved.
$glue->misbehave(operation => 'CreateConnection', kind => 'lost-after', name => 'doubtful');
$glue->misbehave(operation => 'GetConnection', kind => 'lost-before', times => 0);
$session->must(insert('second_error', 'doubtful'));
like(outcomes(), qr/^Create doubtful queued /, 'an outcome that is not known');
$glue->behave;
$session->must('DROP SERVER two CASCADE');
make_due($session, $seen);
work($session);
is(state_of($session, $seen), 'failed', 'and that cannot be resolved any more');
$session->must('CREATE TABLE doubter (id int, connection_input jsonb); '
	  . trigger_sql('doubter', 'server=one', 'on_conflict=update') . '; '
	  . insert('doubter', 'doubtful', Description => 'theirs'));
is(outcomes(), 'Create doubtful failed NotOurs', 'is not taken by another row');
like($session->must("SELECT error_message FROM glue_request WHERE id = $seen")->output,
	qr/A row of table public\.second_error may own it/, 'which says why');
$session->must('DROP TABLE doubter');
$session->must(server_sql('two', $glue->access_key, $glue->secret_key,
	options => "region 'us-east-1'", user => 'PUBLIC'));
$session->must('DELETE FROM second_error');
is(outcomes(), 'Delete doubtful failed NotOurs', 'is not deleted, which is said');
isnt($glue->connection('doubtful'), undef, 'it stays');

#
# 12. TRUNCATE and DROP TABLE
#

$session->must(insert('other', 'kept'));
outcomes();
$session->must('TRUNCATE other');
is(outcomes(), '', 'TRUNCATE without a trigger');
is(owned('other'), 'kept right', 'leaves the owned connections');
my $refused = $session->query(insert('other', 'kept'));
is($refused->sqlstate, '23505', 'and a reload is refused');
like($refused->hint, qr/SELECT glue_release_connection\('public\.other', 'kept'\)/,
	'with a remedy');
is($session->must("SELECT glue_release_connection('other', 'kept')")->output, 't', 'that is done');
$session->must(insert('other', 'kept'));
is(outcomes(), 'Create kept failed AlreadyExistsException', 'the connection has stayed');
$session->must('CREATE TRIGGER provision_truncate AFTER TRUNCATE ON other'
	  . ' FOR EACH STATEMENT EXECUTE FUNCTION glue_provision_connection()');
$session->must('TRUNCATE other');
is(outcomes(), 'Delete kept succeeded, Delete right succeeded', 'TRUNCATE with a trigger');
is($glue->connection('right'), undef, 'deletes the owned connections');
isnt($glue->connection('kept'), undef, 'and nothing else');

$session->must(insert('other', 'dropped'));
outcomes();
$session->must('DROP TABLE other');
isnt($glue->connection('dropped'), undef, 'DROP TABLE leaves connections');
$session->must(insert('adopting', 'dropped'));
is(outcomes(), 'Create dropped succeeded', 'another table can adopt one');
is(owned('adopting'), 'dropped', 'and owns it');
make_table('gone', 'server=one');
$session->must(insert('gone', 'abandoned'));
outcomes();
$session->must('DROP TABLE gone');
$session->must(insert('second_adopt', 'abandoned'));
is(outcomes(), 'Create abandoned succeeded', 'by another foreign server as well');
is(owned('second_adopt'), 'abandoned', 'its new owner');
$session->must('DELETE FROM second_adopt');
outcomes();

#
# 13. Rows that keep connections
#

make_table('keeping', 'on_delete=keep');
$session->must(insert('keeping', 'stays'));
outcomes();
$session->must('DELETE FROM keeping');
is(outcomes(), 'Releas stays succeeded', 'a row that keeps its connection');
$session->must(insert('adopting', 'stays'));
is(outcomes(), 'Create stays succeeded', 'leaves it to the row that adopts it');
is(owned('adopting'), 'dropped stays', 'its new owner');
$session->must('DELETE FROM adopting');
outcomes();
is($glue->connection('stays'), undef, 'and deletes it');

#
# 14. Partitions
#

$session->must('CREATE TABLE part (old boolean, connection_input jsonb) PARTITION BY LIST (old)');
$session->must("CREATE TABLE part_$_ PARTITION OF part FOR VALUES IN ($_)") foreach qw(true false);
$session->must(trigger_sql('part'));
$session->must('INSERT INTO part VALUES (false, ' . input_sql('moving') . ')');
outcomes();
$session->must('UPDATE part SET old = true');
is(outcomes(), '', 'a row that moves');
is(owned('part'), 'moving', 'keeps its connection');
$session->must('DELETE FROM part_true');
is(outcomes(), 'Delete moving succeeded', 'and deletes it');
is($glue->connection('moving'), undef, 'from where it is');

#
# 15. Rows that were there before
#

$glue->put_connection(input => referring($_, Description => 'old')) foreach 'same', 'differs';
$session->must('CREATE TABLE before (id int, connection_input jsonb)');
$session->must(insert('before', $_, Description => 'old')) foreach 'same', 'missing', 'left';
$session->must(insert('before', 'differs', Description => 'new'));
$session->must("INSERT INTO before VALUES (0, '{\"Name\": \"bad\"}'), (0, NULL)");
$session->must(trigger_sql('before'));
my $outcomes = $session->must('SELECT string_agg(coalesce(name, $$-$$) || $$ is $$ || left(outcome, 30), $$; $$'
	  . ' ORDER BY name) FROM glue_adopt_rows($$before$$)')->output;
is($outcomes, 'bad is invalid: see glue_validate_con; differs is differs: $.Description was giv; '
	  . 'left is held by a row of table source; missing is missing; same is adopted',
	'glue_adopt_rows() returns the outcome of each');
is(owned('before'), 'same', 'and adopts the equal one');
is($session->must("SELECT outcome FROM glue_adopt_rows('before') WHERE name = 'same'")->output,
	'owned', 'once');
$session->must("DELETE FROM before WHERE connection_input->>'Name' IN ('same', 'differs')");
is(outcomes(), 'Delete same succeeded', 'a row deletes its adopted connection');
isnt($glue->connection('differs'), undef, 'and nothing else');

#
# 16.  The history of requests is gone, and so are the records of connections
#

$session->must(insert('source', 'forgotten'));
outcomes();
$session->must('DELETE FROM glue_request; DELETE FROM glue_connection');
is(owned(), 'forgotten left', 'ownership lasts');
$session->must(delete_row('source', 'forgotten'));
outcomes();
is($glue->connection('forgotten'), undef, 'and the row deletes its connection');

#
# 17. It was created, and could not be recorded
#

$session->must('CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$'
	  . q{BEGIN RAISE 'not now'; END $$; CREATE TRIGGER refuse BEFORE INSERT ON glue_connection}
	  . ' FOR EACH ROW EXECUTE FUNCTION refuse()');
$session->must(insert('source', 'unrecorded'));
like(outcomes(), qr/^Create unrecorded queued /, 'a record that the table refuses');
$session->must('DROP TRIGGER refuse ON glue_connection');
make_due($session, $seen);
work($session);
is(state_of($session, $seen), 'succeeded', 'is recorded later');
is(owned(), 'left unrecorded', 'and is owned then');

#
# 18. A transaction deletes the row while its connection is made, and then acts
# on the connection itself, which waits for its maker
#

my $worker = $cluster->session;
my $caller = $cluster->session;
$session->must(insert('source', 'meanwhile'));
$glue->misbehave(operation => 'CreateConnection', kind => 'slow', delay_ms => 1000, times => 1);
$worker->send('CALL glue_process_requests()');
wait_until(sub { $glue->created('meanwhile') }, 'it is made');
$caller->must("SET statement_timeout = '60s'; BEGIN; " . delete_row('source', 'meanwhile'));
is($caller->must("SELECT glue_delete_connection('meanwhile')")->output, 't',
	'the deleting session does not wait for ever');
$caller->must('COMMIT');
$worker->result;
wait_until(sub {
	make_due($session);
	work($session);
	$session->must('SELECT count(*) FROM glue_request WHERE finished_at IS NULL')->output eq '0';
}, 'all is carried out');
is($glue->connection('meanwhile'), undef, 'the connection is gone');
is($session->must("SELECT count(*) FROM glue_provision WHERE name = 'meanwhile'")->output, 0,
	'and has no owner');
$_->quit foreach $worker, $caller;

#
# 19. A copy of the database
#

$session->must(delete_row('source', 'left'));
$session->quit;
$session = $cluster->session(database => 'template1');
$session->must('CREATE DATABASE copy TEMPLATE postgres');
$session->quit;
my $copy = $cluster->session(database => 'copy');
is($copy->must('SELECT count(*) FROM glue_provision_summary')->output, 0, 'a copy owns nothing');
$watch = $cluster->watch;
$copy->must('DELETE FROM source');
work($copy);
is($watch->sent, 0, 'and deletes nothing');
is($copy->must('SELECT glue_take_over_requests()')->output, 1, 'it takes one over');
work($copy);
is($watch->sent, 0, 'is for rows that own nothing here');
isnt($glue->connection($_), undef, "$_ stays") foreach 'left', 'unrecorded';
$copy->quit;
$cluster->finish;
done_testing();
