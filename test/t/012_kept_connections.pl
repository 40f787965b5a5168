# Copyright (c) 2026, glue_conn contributors
#
# Connections to AWS are kept, and that never makes a message go out twice.
#
# A handshake costs more than all else in a call, so a backend keeps its
# connection.  The danger is in libcurl: when a kept connection breaks before
# the first byte of an answer, it sends the message again by itself, on a new
# connection, even a POST that was carried out.  So every way of breaking is
# tried on a kept connection, and on a new one for comparison.  After each
# CreateConnection that is lost, the next message must be the one that reads
# back.

use strict;
use warnings;

use GlueConn::BlackHole;
use GlueConn::Cluster;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;

#
# One connection does for all calls of a backend
#

my $watch = $cluster->watch;
my $session = $cluster->session;
foreach my $number (1 .. 10)
{
	$session->must(create_sql(jdbc("kept $number")));
	$session->must(get_sql("kept $number"));
	$session->query(get_sql('none'));
}
is($watch->sent, 30, 'calls, good and bad');
is($watch->connections, 1, 'use one connection');
is($watch->handshakes, 1, 'and one handshake');

# An error that ends the transaction does not close the connection.
$watch = $cluster->watch;
$session->query('BEGIN; ' . get_sql('none') . '; ROLLBACK');
$session->query(create_sql({ Name => '' }));
$session->query(
	'DO $$ BEGIN PERFORM glue_get_connection(\'none\');'
	  . ' EXCEPTION WHEN undefined_object THEN NULL; END $$');
$session->must(get_sql('kept 1'));
is($watch->sent, 3, 'calls in transactions of many kinds');
is($watch->connections, 0, 'use it as well');

# Another backend has its own.
$watch = $cluster->watch;
my $other = $cluster->session;
$other->must(get_sql('kept 1'));
$session->must(get_sql('kept 1'));
is($watch->connections, 1, 'another backend has a connection of its own');
$other->quit;

# A connection that was made under other rules is not used.
$watch = $cluster->watch;
my $result = $session->query(
	"SET glue_conn.ca_file = '/etc/passwd'; " . get_sql('kept 1'));
is($result->sqlstate, '08001', 'the connection is not used with another CA file');
$session->must('RESET glue_conn.ca_file');
is($watch->sent, 0, 'so that nothing is sent on it');

#
# AWS closes a connection
#

foreach my $announce (\1, \0)
{
	my $case = $$announce ? 'announced' : 'not announced';

	$session = $cluster->session;
	$watch = $cluster->watch;
	$session->must(get_sql('kept 1'));
	foreach my $number (1 .. 5)
	{
		my $name = "close $case $number";

		$glue->misbehave(
			operation => 'CreateConnection',
			kind => 'close',
			announce => $announce);
		is($session->must(create_sql(jdbc($name)))->output,
			'READY', "$name: created");
		$session->must(get_sql($name));
		is($glue->created($name), 1, "$name: once");
	}
	is($watch->sent('CreateConnection'), 5, "closing is $case: sent once");
	cmp_ok($watch->connections, '>=', 6,
		"closing is $case: a new connection each time");
	$session->quit;
}

#
# AWS closes a connection that is idle
#

# Does the kernel know that the server's side of a connection is closed?
sub is_half_closed
{
	my $port = sprintf('%04X', $glue->port);

	foreach my $file (grep { -e } qw(/proc/net/tcp /proc/net/tcp6))
	{
		# local address, remote address, state: 08 is CLOSE_WAIT
		return 1 if slurp_file($file) =~ /^ *\d+: \S+ \S+:$port 08 /m;
	}
	return 0;
}

$session = $cluster->session;
foreach my $number (1 .. 3)
{
	my $name = "idle $number";

	$glue->misbehave(
		operation => 'GetConnection',
		kind => 'close',
		announce => \0);
	$session->must(get_sql('kept 1'));
	wait_until(\&is_half_closed);

	$watch = $cluster->watch;
	$result = $session->must(
		'SET glue_conn.max_attempts = 1; ' . create_sql(jdbc($name)));
	is($result->output, 'READY', "$name: created by the only attempt");
	is($watch->sent, 1, "$name: with a single message");
}
$session->quit;

#
# A connection breaks under a message
#

# The kinds of breaks, and how often the first attempt carries the message out.
my %breaks = (
	'lost-unread' => 0,
	'lost-before' => 0,
	'reset-before' => 0,
	'lost-after' => 1,
	'reset-after' => 1,
	'truncated' => 1);

foreach my $kind (sort keys %breaks)
{
	foreach my $kept (0, 1)
	{
		my $name = $kind . ($kept ? ' kept' : ' new');
		my @wanted =
		  $breaks{$kind}
		  ? qw(CreateConnection GetConnection)
		  : qw(CreateConnection GetConnection CreateConnection);

		$session = $cluster->session;
		$session->must(get_sql('kept 1')) if $kept;
		$watch = $cluster->watch;
		$glue->misbehave(operation => 'CreateConnection', kind => $kind);
		is($session->query(create_sql(jdbc($name)))->output,
			'READY', "$name: created");
		is($glue->created($name), 1, "$name: once");
		is($watch->operations, join(' ', @wanted),
			"$name: libcurl sends no message by itself");

		my @numbers = map { $_->{connection} } $watch->requests;
		isnt($numbers[0], $numbers[1],
			"$name: the broken connection is not used again");
		$session->quit;
	}
}

# The same where several connections in a row turn out to be closed: libcurl
# would send up to six times.
$session = $cluster->session;
$session->must(get_sql('kept 1'));
$watch = $cluster->watch;
$glue->misbehave(kind => 'lost-after', times => 0);
$result = $session->query(create_sql(jdbc('all lost')));
is($result->sqlstate, '08007', 'every answer is lost');
is($glue->created('all lost'), 1, 'all the same it is created once');
is($watch->sent('CreateConnection'), 1, 'and sent once');
is($watch->sent('GetConnection'), 3, 'only reading was tried again');
$glue->behave;

# A message that only reads may be sent again, but that is counted, too.
$watch = $cluster->watch;
$session->must(get_sql('all lost'));
$glue->misbehave(operation => 'GetConnection', kind => 'lost-after');
$session->must(get_sql('all lost'));
is($watch->sent, 3, 'reading continues after a loss, with one message more');
$session->must('SET glue_conn.max_attempts = 1');
$watch = $cluster->watch;
$glue->misbehave(operation => 'GetConnection', kind => 'lost-after');
is($session->query(get_sql('all lost'))->sqlstate,
	'08006', 'but not if one attempt is all');
is($watch->sent, 1, 'also not by libcurl itself');

#
# A large message, which goes out in pieces
#

$session->must('RESET glue_conn.max_attempts');
foreach my $kind (qw(lost-unread lost-after reset-before))
{
	my $name = "large $kind";
	my $input = jdbc($name,
		SparkProperties => { map { ("key $_" => 'x' x 2000) } 1 .. 60 });

	$session->must(get_sql('kept 1'));
	$watch = $cluster->watch;
	$glue->misbehave(operation => 'CreateConnection', kind => $kind);
	is($session->query(create_sql($input))->output, 'READY',
		"$name: created");
	is($glue->created($name), 1, "$name: once");
	like($watch->operations, qr/^CreateConnection GetConnection\b/,
		"$name: not sent again before it was read");
}

#
# Connections that are not made
#

# Some versions of libcurl close the socket of such a one on their own.
my $nowhere = GlueConn::BlackHole->new;
my $calls = literal(get_sql('kept 1'));
my $lonely = $cluster->session;
$lonely->must("SET glue_conn.max_attempts = 1; SET glue_conn.connect_timeout = '5ms'");
my ($notice) = $lonely->must(<<"SQL")->messages('NOTICE');
DO \$\$
DECLARE n int := 0;
BEGIN
	PERFORM set_config('glue_conn.endpoint_url',
		'https://127.0.0.1:@{[ $nowhere->port ]}', false);
	FOR i IN 1 .. 400 LOOP
		BEGIN
			EXECUTE $calls;
		EXCEPTION WHEN connection_exception THEN
			n := n + 1;
		END;
	END LOOP;
	RAISE NOTICE '%', n;
END \$\$
SQL
is($notice->{message}, '400', 'connections that are not made');
$lonely->must('RESET glue_conn.endpoint_url; RESET glue_conn.connect_timeout');
is($lonely->query(get_sql('kept 1'))->sqlstate, '00000', 'and then one is');

$session->quit;
$cluster->finish;
done_testing();
