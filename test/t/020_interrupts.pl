# Copyright (c) 2026, glue_conn contributors
#
# A backend that waits for AWS can be interrupted at any time, and is usable
# afterwards.
#
# It can wait for a connection, for a handshake, for room to send, for an
# answer, for the rest of one, for the next attempt, and, if credentials are
# shared, for another backend's refresh.  In each of these waits, every kind of
# interrupt must end the wait at once, with its own SQLSTATE; an exception
# handler must not catch it; the same backend must be able to continue; and no
# resource may stay open.  Other sessions must not be blocked, and a backend
# must exit if its postmaster was killed.
#
# Name lookups are tested separately, in 021_slow_resolver.pl.

use strict;
use warnings;

use GlueConn::BlackHole;
use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Interrupts;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $cluster = GlueConn::Cluster->start(conf => <<'CONF');
glue_conn.connect_timeout = '100s'
glue_conn.request_timeout = '200s'
CONF
my $glue = $cluster->glue;
my $interrupts = GlueConn::Interrupts->new($cluster);
my $black_hole = GlueConn::BlackHole->new;

# The places to wait at
my %places = (
	'for a connection' => {
		settings => {
			'glue_conn.endpoint_url' => 'https://127.0.0.1:' . $black_hole->port
		}
	},
	'for a handshake' => {
		rule =>
		  { operation => 'Connection.Handshake', kind => 'stall', times => 0 },
		reached => sub { $_[1]->connections }
	},

	# the kernel buffers 4 MB of data that is not read
	'to send' => {
		settings => { 'glue_conn.allow_unknown_members' => 'on' },
		rule => {
			operation => 'CreateConnection',
			kind => 'stall-unread',
			times => 0
		},
		call => create_sql(jdbc('large')) =~
		  s/'\)$/' || jsonb_build_object('Large', repeat('x', 6000000)))/r,
		reached => sub { $_[1]->sent }
	},
	'for an answer' => {
		rule => { operation => 'GetConnection', kind => 'stall', times => 0 },
		reached => sub { $_[1]->sent }
	},
	'for the rest of an answer' => {
		rule => {
			operation => 'GetConnection',
			kind => 'slow',
			piece_size => 1,
			piece_delay_ms => 3000,
			times => 0
		},
		reached => sub { $_[1]->sent && sleep 0.1 }
	},
	'for its turn' => {
		rule => {
			operation => 'GetConnection',
			kind => 'throttle',
			times => 0
		},
		reached => sub { $_[1]->sent && sleep 0.1 },
		event => 'GlueConnRateLimit'
	},
	'for the next attempt' => {
		rule => {
			operation => 'GetConnection',
			kind => 'error',
			status => 503,
			times => 0,
			headers => { 'x-amz-retry-after' => '3600000' }
		},
		reached => sub { $_[1]->sent && sleep 0.1 },
		event => 'GlueConnPause'
	});
$interrupts->check($_, $places{$_}) foreach sort keys %places;

#
# A cancelled create
#

my $watch = $cluster->watch;
my $session = $interrupts->begin_to_wait(
	{
		rule => { operation => 'CreateConnection', kind => 'stall' },
		call => create_sql(jdbc('cancelled')),
		reached => sub { $_[1]->sent }
	});
my ($result) = $interrupts->stop($session, 'pg_cancel_backend');
is($result->sqlstate, '57014', 'a create is cancelled');
is($session->must(create_sql(jdbc('cancelled')))->output,
	'READY', 'and can be made again');
is($watch->sent('CreateConnection'), 2, 'nothing was sent without us');
$session->quit;

#
# Our own time limits
#

# The result of a call with this limit, in this wait.
sub limited
{
	my ($where, $limit, $phase) = @_;
	my $place = $places{$where};
	my $session = $interrupts->begin(
		{
			%$place,
			stubborn => 0,
			settings => {
				%{ $place->{settings} || {} },
				'glue_conn.max_attempts' => 1,
				"glue_conn.$limit" => '700ms'
			}
		});
	my $result = $session->result;

	is($result->sqlstate, '08000', "$limit, waiting $where");
	like(
		$result->detail,
		qr/^The time limit of 700 ms ran out while $phase at https:/,
		'says which limit and in which phase');
	like($result->hint, qr/"glue_conn\.$limit"/, 'and which setting');
	cmp_ok($result->seconds, '>', 0.69, 'is not over too soon');
	cmp_ok($result->seconds, '<', 0.7 + $soon, 'or too late');
	ok($interrupts->works($session), 'and the backend continues');
	$session->quit;
}

limited('for a connection', 'connect_timeout', 'connecting');
limited('for a handshake', 'connect_timeout', 'connecting');
limited('to send', 'request_timeout', 'sending the request');
limited('for an answer', 'request_timeout', 'waiting for the answer');
limited('for the rest of an answer',
	'request_timeout', 'receiving the answer');

#
# Nothing is left open
#

$session = $cluster->session;
$session->query(get_sql('x'));
my @before = $session->open_files;

# There is a handshake only where the call before has lost its connection.
my @wheres = (
	'for an answer', 'for a handshake',
	'for a connection', 'for the next attempt');
foreach my $number (0 .. 51)
{
	my $place = $places{ $wheres[ $number % @wheres ] };
	my $settings = {
		'glue_conn.endpoint_url' => $glue->url,
		%{ $place->{settings} || {} },
		statement_timeout => '60ms'
	};

	$interrupts->begin({ %$place, settings => $settings }, $session);
	$session->result->sqlstate eq '57014'
	  or fail("call $number is cancelled");
}
ok($interrupts->works($session),
	'after many cancelled calls the backend continues');
my @after = $session->open_files;
cmp_ok(scalar @after, '<=', scalar @before, 'with no file open beyond before')
  or diag("before: @before\nafter: @after");
$session->quit;

#
# The postmaster is killed
#

my %waiting;
$waiting{$_} = $interrupts->begin_to_wait($places{$_})
  foreach sort keys %places;
my $started = time;
$cluster->node->kill9;
foreach my $where (sort keys %places)
{
	my $session = $waiting{$where};

	wait_until(sub { !kill 0, $session->pid }, "the backend waiting $where");
	cmp_ok(time - $started, '<', $soon,
		"waiting $where: the backend exits after its postmaster");
	$session->quit;
}
$interrupts->quit;

#
# Credentials that another backend gets
#

# The shared memory is free when the last backend has gone.
my $config = PostgreSQL::Test::Utils::tempdir() . '/config';
append_to_file($config, <<"CONFIG");
[profile role]
role_arn = arn:aws:iam::123456789012:role/glue
source_profile = role
aws_access_key_id = @{[ $glue->access_key ]}
aws_secret_access_key = @{[ $glue->secret_key ]}
CONFIG
$cluster->node->append_conf('postgresql.conf',
	"shared_preload_libraries = 'glue_conn'");
$cluster->start_node;
$interrupts = GlueConn::Interrupts->new($cluster);

# The first one gets them for all, and does not end.
my %role = (
	settings => {
		'glue_conn.config_file' => $config,
		'glue_conn.profile' => 'role'
	},
	rule => { operation => 'AssumeRole', kind => 'stall', times => 0 });
$session =
  $interrupts->begin_to_wait({ %role, reached => sub { $_[1]->sent } });
$watch = $cluster->watch;
$interrupts->check('for credentials',
	{ %role, event => 'GlueConnCredentials' });
is($watch->sent('AssumeRole'), 0, 'nobody else asks for credentials');
($result) = $interrupts->stop($session, 'pg_cancel_backend');
is($result->sqlstate, '57014', 'the session that asked is cancelled');
ok($interrupts->works($session), 'and continues');
$_->quit foreach $session, $interrupts;

$cluster->finish;
done_testing();
