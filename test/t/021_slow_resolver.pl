# Copyright (c) 2026, glue_conn contributors
#
# A slow name server does not block a backend.
#
# The C library cannot cancel a lookup, so libcurl runs it in a thread.  An
# interrupted backend abandons that thread.  It must not wait for it, neither
# then nor at its exit; and the thread must release its resources at its end.
#
# The server has a getaddrinfo() that sleeps, so no name leaves the machine.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Interrupts;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $cluster = GlueConn::Cluster->start(
	odd => ['slow_resolver'], conf => <<'CONF');
glue_conn.connect_timeout = '100s'
glue_conn.request_timeout = '200s'
CONF
my $interrupts = GlueConn::Interrupts->new($cluster);

# A place to wait at: the settings that lead to a host of that name.
sub host
{
	my ($name, %settings) = @_;

	return {
		settings => {
			'glue_conn.endpoint_url' => "https://$name:"
			  . $cluster->glue->port,
			%settings
		}
	};
}

# Make a call to that place; returns its outcome.
sub call
{
	my $session = $interrupts->begin({ %{ host(@_) }, stubborn => 0 });
	my $result = $session->result;

	ok($interrupts->works($session), 'and the backend continues');
	$session->quit;
	return $result;
}

#
# Look-ups that end
#

my $result = call('1-seconds.invalid', 'glue_conn.max_attempts' => 1);
is($result->sqlstate, '08001', 'a slow look-up');
like(
	$result->detail,
	qr/certificate subject name matches target host ?name '1-seconds\.invalid'/,
	'finds its host, which is another one');
cmp_ok($result->seconds, '>', 0.99, 'after its time');

$result =
  call('1-seconds.nowhere.invalid', 'glue_conn.max_attempts' => 1);
is($result->sqlstate, '08001', 'a slow look-up of a name that is none');
like(
	$result->detail,
	qr/^Failed while looking up the host name at .*: Could not resolve host/,
	'says so');

#
# Look-ups that do not
#

$interrupts->check('for a host name', host('600-seconds.invalid'));

$result = call('600-seconds.invalid',
	'glue_conn.max_attempts' => 1,
	'glue_conn.connect_timeout' => '700ms');
is($result->sqlstate, '08000', 'connect_timeout, waiting for a host name');
like(
	$result->detail,
	qr/^The time limit of 700 ms ran out while looking up the host name at /,
	'names that phase');
like($result->hint, qr/"glue_conn\.connect_timeout"/, 'and the setting');
cmp_ok($result->seconds, '>', 0.69, 'is not over too soon');
cmp_ok($result->seconds, '<', 0.7 + $soon, 'or too late');

#
# Through a proxy
#

# The proxy's name is looked up, and that of AWS is left to the proxy, which
# does not know it here.
$result = call('600-seconds.invalid',
	'glue_conn.max_attempts' => 1,
	'glue_conn.proxy' => 'http://127.0.0.1:' . $cluster->glue->proxy_port);
is($result->sqlstate, '08001', 'a host name behind a proxy');
like($result->detail, qr/^Failed while connecting at .* 403/,
	'is looked up by the proxy');

$result = call('localhost',
	'glue_conn.max_attempts' => 1,
	'glue_conn.proxy' => 'http://0-seconds.nowhere.invalid:1');
is($result->sqlstate, '08001', 'a proxy that does not exist');
like(
	$result->detail,
	qr/^Failed while looking up the host name at .*proxy: 0-seconds/,
	'differs from a missing host');

$interrupts->check('for the name of a proxy',
	{
		settings => {
			'glue_conn.proxy' => 'http://600-seconds.invalid:1'
		}
	});

#
# Nothing is left for ever
#

# How many threads a backend has
sub threads
{
	my ($session) = @_;
	my @threads = grep { /^\d/ } slurp_dir('/proc/' . $session->pid . '/task');

	return scalar @threads;
}

my $session = $cluster->session;
ok($interrupts->works($session), 'a backend before its first look-up');
my @files = $session->open_files;
is(threads($session), 1, 'has one thread');

foreach my $number (1 .. 10)
{
	$interrupts->begin_to_wait(host('10-seconds.invalid'), $session);
	($result) = $interrupts->stop($session, 'pg_cancel_backend');
	is($result->sqlstate, '57014', "look-up $number is cancelled");
}

# newer versions of libcurl look up both kinds of addresses at the same time
cmp_ok(threads($session), '>=', 11, 'the look-ups continue without us');
ok($interrupts->works($session), 'the backend does not wait for them');
cmp_ok(threads($session), '>=', 11, 'nor do they end that soon');

wait_until(sub { threads($session) == 1 }, 'the threads end');
pass('they end by themselves');
my @files_after = $session->open_files;
cmp_ok(scalar @files_after, '<=', scalar @files, 'and leave no file open')
  or diag("before: @files\nafter: @files_after");
ok($interrupts->works($session), 'and the backend is usable');
$session->quit;

# A backend that exits does not wait for them either.
$session = $interrupts->begin_to_wait(host('600-seconds.invalid'));
$interrupts->stop($session, 'pg_cancel_backend');
my $started = time;
$session->quit;
wait_until(sub { !kill 0, $session->pid }, 'the backend exits');
cmp_ok(time - $started, '<', $soon, 'a backend exits before its look-ups');

$session = $interrupts->begin_to_wait(host('600-seconds.invalid'));
$started = time;
$cluster->node->kill9;
wait_until(sub { !kill 0, $session->pid }, 'the backend exits');
cmp_ok(time - $started, '<', $soon,
	'a backend exits after its postmaster, and before its look-up');
$_->quit foreach $session, $interrupts;

$cluster->start_node;
$cluster->finish;
done_testing();
