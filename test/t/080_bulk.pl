# Copyright (c) 2026, glue_conn contributors
#
# Many connections created by one call.
#
# Messages are sent side by side, as many as the setting allows, and the
# outcome of each input is a row in the order of the inputs.  A failure of one
# of them does not affect the others.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;
my $session = $cluster->session;

# The rows of a result, as arrays of their columns.
sub rows
{
	my ($result) = @_;

	return map { [ split /\|/, $_, 5 ] } split /\n/, $result->output;
}

# The outcomes, one word for each row.
sub outcomes
{
	my ($result) = @_;

	return join ' ', map { $_->[2] || $_->[3] } rows($result);
}

#
# Side by side
#

# A session that has learned that so many are not refused.
$session->must('SET glue_conn.max_concurrent_requests = 1');
$session->must(create_many_sql('*', [ map { jdbc("before $_") } 1 .. 80 ]));
$session->must('RESET glue_conn.max_concurrent_requests');

my @names = map { "side $_" } 1 .. 20;
$glue->set(latency_ms => 500);
my $watch = $cluster->watch;
my $result = $session->must(
	create_many_sql('*', [ map { jdbc($_) } @names ], tags => { team => 'a' }));
is_deeply(
	[ rows($result) ],
	[ map { [ $_, $names[ $_ - 1 ], 'READY', '', '' ] } 1 .. 20 ],
	'a row for each input, in their order');
is($watch->sent('CreateConnection'), 20, 'one message for each');
is($watch->connections, 19, 'on as many connections, of which there was one');
is($glue->counters->{in_flight_peak}, 20, 'all at the same time');
is_deeply([ map { $cluster->facts($_) } @names ], [ ('1 1|READY') x 20 ],
	'each is made and recorded once');
my $row = $cluster->row('side 7');
is($row->{connection_properties}{PASSWORD}, '********', 'without secrets');
is($row->{tags}{team}, 'a', 'with the tags of all');
is($glue->connection('side 7')->{definition}{ConnectionProperties}{PASSWORD},
	'Secret-Password', 'AWS has the secrets');

# As many connections are kept for the next call.
$watch = $cluster->watch;
$session->must(create_many_sql('*', [ map { jdbc("again $_") } 1 .. 20 ]));
is($watch->connections, 0, 'the connections are used again');

# Those that are new resume the TLS session of one that there was, as far as the
# server lets them.
my $fresh = $cluster->session;
$fresh->must(get_sql('side 1'));
my $before = $glue->counters->{tls_resumed};
$fresh->must(create_many_sql('*', [ map { jdbc("resumed $_") } 1 .. 20 ]));
cmp_ok($glue->counters->{tls_resumed}, '>', $before,
	'new connections resume a session');
$fresh->quit;

# Fewer at a time.
$glue->set(latency_ms => 50);
foreach my $width (1, 3)
{
	my $limited = $cluster->session(
		settings => { 'glue_conn.max_concurrent_requests' => $width });
	$watch = $cluster->watch;
	is( outcomes(
			$limited->must(
				create_many_sql('*', [ map { jdbc("width $width $_") } 1 .. 20 ]))),
		join(' ', ('READY') x 20),
		"twenty connections, $width at a time");
	is($watch->connections, $width, 'on as many connections');
	$limited->quit;
}
$glue->set(latency_ms => 0);

# Transactions like those of a single call.
$session->must('BEGIN; ' . create_many_sql('*', [ jdbc('in a transaction') ]) . '; ROLLBACK');
is($cluster->facts('in a transaction'), '1 0|', 'a rollback removes the record');
is($session->must("SELECT count(*) FROM glue_create_connections('{}')")->output,
	'0', 'no inputs, no rows');

#
# Nothing is sent if anything is wrong
#

$watch = $cluster->watch;
$result = $session->query(
	create_many_sql('*', [ jdbc('good'), jdbc(''), jdbc('good'), { Name => 'bad' } ]));
is($result->sqlstate, '22023', 'inputs that are wrong');
like($result->message, qr/^list of connection inputs has 4 errors$/,
	'all of it is one error');
like($result->detail,
	qr/\$\[1\]\.Name .*\$\[3\]\.ConnectionType .*\$\[2\]\.Name must not be the same as \$\[0\]\.Name/s,
	'that says where');
is($watch->sent, 0, 'nothing was sent');

#
# One that fails
#

$session->must(create_sql(jdbc('taken')));
$glue->misbehave(operation => 'CreateConnection', name => 'refused',
	kind => 'error', code => 'AccessDeniedException', status => 400);
$result = $session->must(
	create_many_sql('*', [ map { jdbc($_) } 'one', 'taken', 'refused', 'two' ]));
is(outcomes($result),
	'READY AlreadyExistsException AccessDeniedException READY',
	'two of four fail');
like((rows($result))[1][4],
	qr/^could not create AWS Glue connection "taken": AlreadyExistsException: AWS answered with HTTP status 400/,
	'why');
is_deeply([ map { $cluster->facts($_) } 'one', 'refused', 'two' ],
	[ '1 1|READY', '0 0|', '1 1|READY' ], 'the others are made and recorded');

# Answers that are lost, and messages that are worth another attempt.
$glue->misbehave(operation => 'CreateConnection', name => 'lost 2',
	kind => 'lost-after');
$glue->misbehave(operation => 'CreateConnection', name => 'lost 4',
	kind => 'lost-before');
$glue->misbehave(operation => 'CreateConnection', name => 'lost 5',
	kind => 'error', code => 'ThrottlingException', status => 400);
$result = $session->must(create_many_sql('*', [ map { jdbc("lost $_") } 1 .. 6 ]));
is(outcomes($result), join(' ', ('READY') x 6), 'answers that are lost');
is_deeply([ map { $cluster->facts("lost $_") } 1 .. 6 ], [ ('1 1|READY') x 6 ],
	'each is made and recorded once');
my @notices = $result->messages('NOTICE');
is(scalar @notices, 1, 'reading back is reported');

# A connection that is of no use.
is( outcomes(
		$session->must(
			create_many_sql('*', [
					jdbc('sound'),
					jdbc('unsound',
						Description => 'local_glue: failed reason=No route.')
				]))),
	'READY FAILED',
	'a connection that is not usable has its status');

# AWS's text may quote the message.
$glue->misbehave(operation => 'CreateConnection', name => 'echo',
	kind => 'echo');
$result = $session->must(create_many_sql('*', [ jdbc('echo'), jdbc('no echo') ]));
unlike($result->output, qr/Secret-Password/, 'no secret in a message');
like((rows($result))[0][4], qr/\*{8}/, 'where there was one');

#
# Connections that exist
#

$glue->put_connection(input => jdbc('adopt 1'));
$glue->put_connection(input => jdbc('adopt 2', Description => 'other'));
$result = $session->must(
	create_many_sql('*', [ map { jdbc("adopt $_") } 0 .. 3 ], on_conflict => 'adopt'));
is(outcomes($result), 'READY READY AlreadyExistsException READY',
	'existing connections are adopted if they are the same');
like((rows($result))[2][4],
	qr/^AWS Glue connection "adopt 2" exists, but is defined differently: \$\.Description/,
	'the difference of the other');
is_deeply([ map { $cluster->facts("adopt $_") } 0 .. 3 ],
	[ '1 1|READY', '0 1|READY', '0 0|', '1 1|READY' ],
	'adopted connections are recorded');

$glue->misbehave(operation => 'UpdateConnection', name => 'adopt 0',
	kind => 'error', code => 'AccessDeniedException', status => 400);
$result = $session->must(
	create_many_sql('*', [ map { jdbc("adopt $_", Description => 'new') } 0, 2, 4 ],
		on_conflict => 'update'));
is(outcomes($result), 'AccessDeniedException READY READY',
	'existing connections are updated');
like((rows($result))[0][4], qr/AccessDeniedException/, 'or not');
is($glue->connection('adopt 2')->{definition}{Description},
	'new', 'as they should be');
is($cluster->row('adopt 2')->{description}, 'new', 'and recorded');
is($cluster->row('adopt 0')->{description}, undef, 'or left alone');

# An error that ends the whole call also does so during the processing of a
# connection.
$glue->misbehave(operation => 'GetConnection', name => 'adopt 3',
	kind => 'stall');
$result = $session->query(q{SET statement_timeout = '1s'; }
	  . create_many_sql('*', [ jdbc('adopt 3'), jdbc('late') ], on_conflict => 'adopt'));
is($result->sqlstate, '57014', 'a time limit is no outcome of one input');
$session->must('RESET statement_timeout');

#
# Interrupted
#

$glue->misbehave(operation => 'CreateConnection', name => 'stalled*',
	kind => 'stall', times => 0);
$session->send(create_many_sql('*', [ map { jdbc("stalled $_") } 1 .. 100 ]));
wait_until(
	sub { $cluster->query("SELECT wait_event = 'Extension' OR"
			  . " wait_event = 'GlueConnRequest' FROM pg_stat_activity"
			  . ' WHERE pid = ' . $session->pid)->output eq 't' },
	'the messages are under way');
$cluster->query('SELECT pg_cancel_backend(' . $session->pid . ')');
$result = $session->result;
is($result->sqlstate, '57014', 'a cancel ends it');
cmp_ok($result->seconds, '<', 60, 'soon');
$glue->behave;
is(outcomes($session->must(create_many_sql('*', [ jdbc('after'), jdbc('that') ]))),
	'READY READY', 'and the session continues');
$session->quit;

#
# Few file descriptors
#

$cluster->node->append_conf('postgresql.conf', "max_files_per_process = 64\n");
$cluster->restart(
	AWS_ACCESS_KEY_ID => $glue->access_key,
	AWS_SECRET_ACCESS_KEY => $glue->secret_key);
$session = $cluster->session;
$glue->set(latency_ms => 100);
$watch = $cluster->watch;
is(outcomes($session->must(create_many_sql('*', [ map { jdbc("few $_") } 1 .. 64 ]))),
	join(' ', ('READY') x 64), 'fewer file descriptors than messages');
cmp_ok($watch->connections, '<', 64, 'make fewer messages side by side');
cmp_ok($watch->connections, '>', 2, 'but some');

# A row that somebody has locked affects that input alone.  Deferred
# constraints of the caller's stay so.
my $locker = $cluster->session;
my @locked = map { jdbc("locked $_") } 1 .. 3;

$session->must(create_many_sql('*', \@locked));
$session->must('CREATE TABLE pair (id int PRIMARY KEY, other int'
	  . ' REFERENCES pair DEFERRABLE INITIALLY DEFERRED)');
$locker->must("BEGIN; SELECT FROM glue_connection WHERE name = 'locked 2' FOR UPDATE");
$session->must("BEGIN; SET LOCAL lock_timeout = '100ms'; INSERT INTO pair VALUES (1, 2)");
is( outcomes($session->must(create_many_sql('*', \@locked, on_conflict => 'adopt'))),
	'READY 55P03 READY', 'a row that is locked');
$session->must('INSERT INTO pair VALUES (2, 1); COMMIT');
$locker->must('ROLLBACK');
$locker->quit;

# Kept connections make way for those that are needed: a connection that was
# made with one file of certificates is not used with another one.
foreach my $copy (1 .. 8)
{
	my $file = $cluster->node->data_dir . "/ca$copy.crt";

	append_to_file($file, slurp_file($glue->ca_file));
	is( outcomes(
			$session->must("SET glue_conn.ca_file = '$file'; "
				  . create_many_sql('*', [ map { jdbc("copy $copy $_") } 1 .. 10 ]))),
		join(' ', ('READY') x 10),
		"other connections, $copy");
}
$session->quit;

$cluster->finish;
done_testing();
