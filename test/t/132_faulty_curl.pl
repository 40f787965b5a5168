# Copyright (c) 2026, glue_conn contributors
#
# Unusual failures of libcurl do not block a call, and do not affect later
# ones.
#
# The server has a libcurl whose functions fail on request.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use PostgreSQL::Test::Utils;
use Test::More;

my $directory = PostgreSQL::Test::Utils::tempdir();
my $faults = "$directory/faults";

# Have a function fail from now on, so many times.
sub let_fail
{
	my ($function, $times) = @_;

	unlink $faults;
	append_to_file($faults, sprintf "%s %09d\n", $function, $times);
	return;
}

# How many failures are left
sub left { return (split ' ', slurp_file($faults))[1] + 0; }

my $cluster = GlueConn::Cluster->start(
	odd => [ 'faulty_curl', FAULTY_CURL => $faults ],
	preload => 1, conf => <<'CONF');
glue_conn.request_timeout = '500ms'
glue_conn.max_attempts = 1
statement_timeout = '60s'
CONF
my $glue = $cluster->glue;

# Make a call in a session while a function fails, and another one afterwards.
# A call that would wait for ever ends with 57014.
sub survives
{
	my ($case, $session, $sqlstate, $function, $times) = @_;

	let_fail($function, $times);
	my $result = $session->query(get_sql('x'));
	like($result->sqlstate, $sqlstate, $case) or diag($result->text);
	is(left(), 0, 'it has failed') if $times < 1000;
	unlink $faults;
	is($session->query(get_sql('x'))->sqlstate, '42704', 'the next call is answered');
	return;
}

foreach my $kept ('a new session', 'a session with a connection')
{
	my %sqlstate = (
		curl_easy_getinfo => qr/^(42704|08\w+)$/,
		curl_multi_add_handle => qr/^53200$/,
		curl_multi_remove_handle => qr/^42704$/,
		$kept eq 'a new session' ? (
			curl_global_init => qr/^53200$/,
			curl_multi_setopt => qr/^53200$/) : ());

	foreach my $function (sort keys %sqlstate)
	{
		foreach my $times ($function eq 'curl_easy_getinfo' ? (1, 2, 1000) : 1)
		{
			my $session = $cluster->session;

			$session->query(get_sql('x')) if $kept ne 'a new session';
			survives("$kept, $function x $times", $session,
				$sqlstate{$function}, $function, $times);
		}
	}
	my $session = $cluster->session;
	$session->query(get_sql('x')) if $kept ne 'a new session';
	survives("$kept, libcurl does nothing", $session, qr/^08\w+$/,
		'curl_multi_socket_action', 100_000_000);
}

# Handles in an unknown state are discarded, and their connections with them.
my $session = $cluster->session;
is($session->query(get_sql('x'))->sqlstate, '42704', 'a call');
let_fail('curl_multi_add_handle', 1);
is($session->query(get_sql('x'))->sqlstate, '53200', 'one that cannot be prepared');
my $connections = $glue->counters->{tcp_connections};
is($session->query(get_sql('x'))->sqlstate, '42704', 'the next one');
is($glue->counters->{tcp_connections}, $connections + 1, 'has a connection of its own');

# A worker that cannot be initialized makes room for one that can, and has
# taken no request by then.
let_fail('curl_global_init', 1);
my $id = enqueue($session, referring('a'));
is(end_of($session, $id), 'succeeded',
	'a worker that cannot be initialized');
is(left(), 0, 'it has failed');
is($session->must("SELECT attempts FROM glue_request WHERE id = $id")->output, '1',
	'has taken no request');

$cluster->finish;
done_testing();
