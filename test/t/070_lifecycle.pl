# Copyright (c) 2026, glue_conn contributors
#
# A connection after its creation: updates, deletion, waits.
#
# The record matches the local Glue, even after lost answers.  An update never
# deletes a connection's password by accident.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;
my $session = $cluster->session;

# The definition in the local Glue.
sub defined_as
{
	my ($name) = @_;

	return $glue->connection($name)->{definition};
}

sub change_sql
{
	my ($name, $input) = @_;

	return 'SELECT glue_update_connection(' . literal($name) . ', '
	  . literal(ref $input ? json_text($input) : $input) . ')';
}

# A statement must fail with this SQLSTATE, and these operations may be sent.
sub fails
{
	my ($what, $sql, $sqlstate, $message, @operations) = @_;
	my $watch = $cluster->watch;
	my $result = $session->query($sql);

	is($result->sqlstate, $sqlstate, "$what: SQLSTATE");
	like($result->message, $message, "$what: message");
	is($watch->operations, join(' ', @operations),
		"$what: the calls");
	return $result;
}

#
# Update
#

$session->must(create_sql(jdbc('orders')));
my $changed = jdbc('orders', Description => 'changed');
my $watch = $cluster->watch;
is($session->must(change_sql('orders', $changed))->output, '', 'updated');
is($watch->operations,
	'GetConnection UpdateConnection GetConnection', 'read before and after');
is_deeply(defined_as('orders'), $changed, 'the local Glue has all of it');
my $row = $cluster->row('orders');
is($row->{description}, 'changed', 'it is recorded');
is($row->{connection_properties}{PASSWORD}, '********', 'without the secret');
is($row->{status}, 'READY', 'with its status');
ok(defined $row->{last_updated_time}, 'and the values read back');
isnt($row->{request_id}, undef, 'and the request ID');

# The name need not be said twice.
my %nameless = %$changed;
delete $nameless{Name};
$session->must(change_sql('orders', { %nameless, Description => 'again' }));
is(defined_as('orders')->{Description}, 'again', 'updated without a name');

fails('another name', change_sql('orders', jdbc('sales')),
	'22023', qr/^connection input has 1 error/);
fails('no name', 'SELECT glue_update_connection(NULL, '
	  . literal(json_text(jdbc('orders'))) . ')', '22023', qr/has 1 error/);
fails('no input', q{SELECT glue_update_connection('orders', NULL)},
	'22023', qr/has \d errors?/);
fails('the outer object',
	change_sql('orders', { ConnectionInput => jdbc('orders') }),
	'22023', qr/has 1 error/);
my $result = fails('a hidden value',
	change_sql('orders', $session->must(get_sql('orders'))->output),
	'22023', qr/would remove its credentials$/, 'GetConnection');
like(
	fails('a hidden password',
		change_sql('orders', { %$changed, ConnectionProperties =>
			  { %{ $changed->{ConnectionProperties} }, PASSWORD => '********' } }),
		'22023', qr/1 error/)->detail,
	qr/\$\.ConnectionProperties\.PASSWORD holds "\*{8}".*\(redacted\)/,
	'names the fault');
fails('a missing one', change_sql('nowhere', jdbc('nowhere')),
	'42704', qr/EntityNotFoundException/, 'GetConnection');

#
# Credentials that would be lost
#

my %properties = %{ jdbc('orders')->{ConnectionProperties} };
delete $properties{PASSWORD};
my %bare = (%{ jdbc('orders') }, ConnectionProperties => \%properties);
foreach my $hidden (qw(all plain none))
{
	$glue->set(hide_password => $hidden);
	my $value = $hidden eq 'none' ? 'a value' : 'a hidden value';
	$result = fails("without the password, hidden is $hidden",
		change_sql('orders', \%bare),
		'22023', qr/^update of .* "orders" would remove its credentials$/,
		'GetConnection');
	like($result->detail, qr/^\$\.ConnectionProperties\.PASSWORD has $value[^\n]*$/,
		'it is named, once');
	like($result->hint, qr/SECRET_ID/, 'with a remedy');
}
$glue->set(hide_password => 'all', encrypt_passwords => JSON::PP::true);
fails('without an encrypted password', change_sql('orders', \%bare),
	'22023', qr/would remove/, 'GetConnection');
$glue->set(encrypt_passwords => JSON::PP::false);
is(defined_as('orders')->{ConnectionProperties}{PASSWORD},
	'Secret-Password', 'the password is still there');

delete $properties{USERNAME};
$session->must(change_sql('orders',
	{ %bare, ConnectionProperties => { %properties, SECRET_ID => 'orders' } }));
is(defined_as('orders')->{ConnectionProperties}{SECRET_ID}, 'orders',
	'a reference takes its place');
is($cluster->row('orders')->{secret_digest}, undef, 'no secret, no digest');

$session->must(create_sql({
	Name => 'kafka', ConnectionType => 'KAFKA',
	ConnectionProperties => {
		KAFKA_BOOTSTRAP_SERVERS => 'b:9098',
		KAFKA_CLIENT_KEYSTORE => 's3://a/b',
		KAFKA_CLIENT_KEYSTORE_PASSWORD => 'Secret-Keystore' } }));
$result = fails('a recorded password that is hidden',
	change_sql('kafka', { ConnectionType => 'KAFKA', ConnectionProperties =>
		{ KAFKA_BOOTSTRAP_SERVERS => 'b:9098' } }),
	'22023', qr/would remove/, 'GetConnection');
like($result->detail, qr/KAFKA_CLIENT_KEYSTORE_PASSWORD/, 'it is named');

#
# Lost answers
#

foreach my $kind (qw(lost-before lost-after))
{
	$glue->misbehave(operation => 'UpdateConnection', kind => $kind);
	$session->must(change_sql('kafka', {
		ConnectionType => 'KAFKA', Description => $kind,
		ConnectionProperties => {
			KAFKA_BOOTSTRAP_SERVERS => 'b:9098',
			KAFKA_CLIENT_KEYSTORE_PASSWORD => 'Secret-Keystore' } }));
	is(defined_as('kafka')->{Description}, $kind, "updated, $kind");
	is($cluster->row('kafka')->{description}, $kind, 'and recorded');
}
$glue->misbehave(operation => 'UpdateConnection', kind => 'lost-after',
	times => 0);
$result = $session->query(change_sql('kafka', {
	ConnectionType => 'KAFKA', Description => 'unknown',
	ConnectionProperties => {
		KAFKA_BOOTSTRAP_SERVERS => 'b:9098',
		KAFKA_CLIENT_KEYSTORE_PASSWORD => 'Secret-Keystore' } }));
is($result->sqlstate, '08007', 'no answer to an update: unknown');
like($result->detail, qr/may have been carried out/, 'and why');
$glue->behave;

$glue->misbehave(operation => 'GetConnection', kind => 'error', skip => 1,
	times => 0, status => 400, code => 'AccessDeniedException');
$result = $session->query(change_sql('kafka', {
	ConnectionType => 'KAFKA', Description => 'not read',
	ConnectionProperties => {
		KAFKA_BOOTSTRAP_SERVERS => 'b:9098',
		KAFKA_CLIENT_KEYSTORE_PASSWORD => 'Secret-Keystore' } }));
is($result->sqlstate, '00000', 'an update that cannot be read back');
like(join('', map { $_->{message} } $result->messages('WARNING')), qr/could not be read afterwards/,
	'is a warning');
is($cluster->row('kafka')->{description}, 'not read', 'and is recorded');
is($cluster->row('kafka')->{status}, undef, 'without a status');
$glue->behave;

#
# Two sessions
#

my $other = $cluster->session;
$session->must('BEGIN; ' . change_sql('orders', { %bare, ConnectionProperties =>
	{ %properties, SECRET_ID => 'first' } }));
$watch = $cluster->watch;
$other->send(change_sql('orders', { %bare, ConnectionProperties =>
	{ %properties, SECRET_ID => 'second' } }));
wait_until(sub {
	$session->must('SELECT count(*) FROM pg_stat_activity WHERE pid = '
		  . $other->pid . " AND wait_event_type = 'Lock'")->output eq '1';
}, 'the second session waits');
is($watch->sent, 0, 'before anything is sent');
$session->must('COMMIT');
is($other->result->sqlstate, '00000', 'then it continues');
is($cluster->row('orders')->{connection_properties}{SECRET_ID}, 'second',
	'and the record has its latest action');
is(defined_as('orders')->{ConnectionProperties}{SECRET_ID}, 'second',
	'as in the local Glue');

# The same for a connection that nobody has recorded.
$glue->put_connection(input => jdbc('foreign'));
$session->must('BEGIN; ' . change_sql('foreign', jdbc('foreign')));
$other->send(delete_sql('foreign'));
wait_until(sub {
	$session->must('SELECT count(*) FROM pg_stat_activity WHERE pid = '
		  . $other->pid . " AND wait_event_type = 'Lock'")->output eq '1';
}, 'the second session waits for one that is not recorded');
$session->must('COMMIT');
is($other->result->output, 't', 'and deletes it');
is($cluster->row('foreign'), undef, 'so that nothing is recorded');

#
# Delete
#

$session->must(create_sql(jdbc('short')));
is($session->must(delete_sql('short'))->output, 't', 'deleted');
is($glue->connection('short'), undef, 'in the local Glue');
is($cluster->row('short'), undef, 'and in the table');
fails('a missing one', delete_sql('short'),
	'42704', qr/^could not delete .*"short": EntityNotFoundException$/,
	'DeleteConnection');
is($session->must(delete_sql('short', missing_ok => 't'))->output, 'f',
	'it may be missing');

$session->must(create_sql(jdbc('gone')));
$glue->remove_connection('gone');
is($session->must(delete_sql('gone', missing_ok => 't'))->output, 'f',
	'one that somebody else has deleted');
is($cluster->row('gone'), undef, 'is forgotten');

foreach my $kind (qw(lost-before lost-after))
{
	$session->must(create_sql(jdbc($kind)));
	$glue->misbehave(operation => 'DeleteConnection', kind => $kind);
	is($session->must(delete_sql($kind))->output, 't', "deleted, $kind");
	is($glue->connection($kind), undef, 'in the local Glue');
	is($cluster->row($kind), undef, 'and in the table');
}
$session->must(create_sql(jdbc('limbo')));
$glue->misbehave(operation => 'DeleteConnection', kind => 'stall', times => 0);
$session->must("SET glue_conn.request_timeout = '200ms'");
is($session->query(delete_sql('limbo'))->sqlstate, '08007',
	'no answer to a delete: unknown');
$session->must('RESET glue_conn.request_timeout');
$glue->behave;
isnt($cluster->row('limbo'), undef, 'it is still recorded');

#
# Batch delete
#

sub batch_sql
{
	return 'SELECT * FROM glue_batch_delete_connection('
	  . (ref $_[0] ? 'ARRAY[' . join(', ', map { literal($_) } @{ $_[0] })
		  . ']::text[]' : $_[0]) . ')';
}

my @names = map { "batch-$_" } 10 .. 69;
$glue->put_connection(input => jdbc($_)) foreach @names[ 0 .. 49 ];
$session->must('SELECT count(*) FROM glue_sync_connections()');
$watch = $cluster->watch;
$result = $session->must(batch_sql(\@names))->output;
is($watch->sent('BatchDeleteConnection'), 3, 'sixty names in three calls');
my @rows = split /\n/, $result;
is_deeply([ map { (split /\|/)[0] } @rows ], \@names, 'in the order of the names');
is(scalar(grep { /^batch-\d\d\|t\|\|$/ } @rows), 50, 'fifty were there');
is(scalar(grep { /^batch-\d\d\|f\|EntityNotFoundException\|.+/ } @rows), 10,
	'ten were not');
is($session->must("SELECT count(*) FROM glue_connection WHERE name LIKE 'batch%'")
	  ->output, '0', 'none is recorded any more');

$glue->put_connection(input => jdbc($_)) foreach qw(a b);
$glue->misbehave(operation => 'BatchDeleteConnection', kind => 'lost-after');
is($session->must(batch_sql([qw(a b)]))->output, "a|t||\nb|t||",
	'a lost answer to a batch');
$glue->put_connection(input => jdbc($_)) foreach qw(a b);
$glue->misbehave(operation => 'BatchDeleteConnection', kind => 'error',
	status => 400, code => 'AccessDeniedException', message => 'no');
like($session->must(batch_sql([qw(a b)]))->output,
	qr/^a\|f\|AccessDeniedException\|.+\nb\|f\|AccessDeniedException\|/,
	'a batch that fails');
$glue->misbehave(operation => 'BatchDeleteConnection', kind => 'garbage',
	body => '{}');
like($session->must(batch_sql([qw(a b)]))->output,
	qr/^a\|f\|malformed answer\|.+\nb\|f\|malformed answer\|/,
	'a batch that is not answered');
is($session->must(batch_sql([]))->output, '', 'no names');
fails('no array', batch_sql('NULL'), '22023', qr/has 1 error/);
$result = fails('bad names', batch_sql(q{ARRAY['x', NULL, '', 'x']}),
	'22023', qr/has 3 errors/);
like($result->detail, qr/\$\[1\] must not be null.*\$\[2\].*more than once/s,
	'all of them are said');

#
# Names
#

foreach my $name ("a/b:c", "\x{1d11e}" x 255)
{
	my $utf8 = $name;
	utf8::encode($utf8);
	$session->must('SET client_min_messages = error');
	$session->must(create_sql(jdbc($name)));
	$session->must(change_sql($name, jdbc($name, Description => 'odd')));
	is($session->must("SELECT count(*) FROM glue_connection WHERE name = "
		  . literal($name) . " AND description = 'odd'")->output, '1',
		'an odd name is updated');
	is($session->must(delete_sql($name))->output, 't', 'and deleted');
	$session->must('RESET client_min_messages');
}
fails('256 characters', delete_sql("\x{1d11e}" x 256), '22023', qr/has 1 error/);
fails('no account', q{SELECT glue_delete_connection('x', catalog_id => 'x y')},
	'42704', qr/EntityNotFoundException/, 'DeleteConnection');

#
# Waiting
#

sub wait_sql
{
	my ($name, $timeout) = @_;

	return 'SELECT glue_wait_connection(' . literal($name)
	  . (defined $timeout ? ", $timeout" : '') . ')';
}

is($session->must(wait_sql('limbo'))->output, 'READY', 'nothing to wait for');
is($session->must(create_sql(jdbc('slow',
	Description => 'local_glue: in-progress ready-after-reads=2')))->output,
	'IN_PROGRESS', 'a slow one');
$watch = $cluster->watch;
is($session->must(wait_sql('slow'))->output, 'READY', 'becomes ready');
is($watch->sent('GetConnection'), 3, 'after it was asked three times');
is($cluster->row('slow')->{status}, 'READY', 'which is recorded');

$session->must(create_sql(jdbc('bad',
	Description => 'local_glue: in-progress failed-after-reads=1 reason=No route.')));
$result = $session->must(wait_sql('bad'));
is($result->output, 'FAILED', 'one that fails');
like(join('', map { $_->{message} } $result->messages('WARNING')), qr/"bad" has failed/, 'is a warning');
is($cluster->row('bad')->{status_reason}, 'No route.', 'the reason is recorded');

$session->must(create_sql(jdbc('long',
	Description => 'local_glue: in-progress ready-after-ms=600000')));
fails('a timeout', wait_sql('long', "'100ms'"), '08000',
	qr/"long" is still IN_PROGRESS$/, 'GetConnection', 'GetConnection');
fails('a wait of no time', wait_sql('long', "'0'"), '08000', qr/still/, 'GetConnection');
fails('a timeout of null', wait_sql('long', 'NULL'), '22023', qr/"timeout"/);
fails('a negative time', wait_sql('long', "'-1s'"), '22023', qr/"timeout"/);
fails('nothing to wait for', wait_sql('nowhere'), '42704', qr/EntityNotFound/,
	'GetConnection');

$other->send(wait_sql('long'));
wait_until(sub {
	$session->must('SELECT count(*) FROM pg_stat_activity WHERE pid = '
		  . $other->pid . " AND wait_event_type = 'Extension'")->output eq '1';
}, 'a session waits');
$session->must('SELECT pg_cancel_backend(' . $other->pid . ')');
is($other->result->sqlstate, '57014', 'a wait can be cancelled');

is($session->must('BEGIN READ ONLY; ' . wait_sql('slow') . '; COMMIT')->output,
	'READY', 'waiting in a read-only transaction');
foreach my $sql (change_sql('slow', jdbc('slow')), delete_sql('slow'),
	batch_sql(['slow']), 'SELECT * FROM glue_sync_connections()')
{
	is($session->query("BEGIN READ ONLY; $sql")->sqlstate, '25006',
		'refused in a read-only transaction');
	$session->must('ROLLBACK');
}

$other->quit;
$session->quit;
$cluster->finish;
done_testing();
