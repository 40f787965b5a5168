# Copyright (c) 2026, glue_conn contributors
#
# Messages go through the proxy that is set, and through no other.
#
# The environment of a server is not where its administrator says which way
# passwords go, so nothing there about proxies counts.  The proxy sees where a
# tunnel leads and nothing else, and a proxy that refuses has had no message.
# Its password is shown to nobody.  The services that give credentials to a
# machine are not asked through a proxy, which is another machine.

use strict;
use warnings;

use GlueConn::BlackHole;
use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Interrupts;
use PostgreSQL::Test::Utils;
use Test::More;

my $word = 'SeCrEtWoRd';
my $cluster = GlueConn::Cluster->start(conf => <<'CONF');
log_min_messages = debug5
log_error_verbosity = verbose
log_statement = none
CONF
my $glue = $cluster->glue;
my $proxy = 'http://127.0.0.1:' . $glue->proxy_port;
my $credentials = "http://us%40er:$word%3A\@127.0.0.1:" . $glue->proxy_port;
my $nowhere = 'http://127.0.0.1:1';
my @keys = (
	AWS_ACCESS_KEY_ID => $glue->access_key,
	AWS_SECRET_ACCESS_KEY => $glue->secret_key);

# A session, and a setting for its proxy
sub session
{
	my ($url, %settings) = @_;
	my $session = $cluster->session;

	$settings{proxy} = $url;
	$session->must("SET glue_conn.$_ = " . literal($settings{$_}))
	  foreach sort keys %settings;
	return $session;
}

# All output, for the search at the end
my $said = '';

# Send a statement of a new session, see that AWS answers it, and count the
# tunnels that were opened for it.
sub tunnels
{
	my ($case, $url, $sql) = @_;
	my $watch = $cluster->watch;
	my $session = session($url);
	my $result = $session->query($sql // get_sql('x'));

	$session->quit;
	$said .= $result->text;
	like($result->sqlstate, qr/^(00000|42704)$/, "$case: AWS answers")
	  or diag($result->text);
	is($watch->sent('Proxy.Forward'), 0, "$case: nothing is sent openly");
	return $watch->sent('Proxy.Connect');
}

# Send a message of a new session that does not reach AWS.
sub refused
{
	my ($case, $url, $reason, %settings) = @_;
	my $watch = $cluster->watch;
	my $session = session($url, %settings);
	my $result = $session->query(create_sql(jdbc('x')));

	$session->quit;
	$said .= $result->text;
	is($result->sqlstate, '08001', "$case: SQLSTATE")
	  or diag($result->text);
	is( $result->message,
		'could not create AWS Glue connection "x": could not connect',
		"$case: message");
	like($result->detail, $reason, "$case: reason");
	like($result->hint, qr/"glue_conn\.proxy"/, "$case: hint");
	is($watch->connections, 0, "$case: AWS is not reached");
	return $result;
}

#
# Through the proxy
#

my $watch = $cluster->watch;
is(tunnels('a proxy', $proxy, create_sql(jdbc('there'))), 1, 'one tunnel');
is($watch->connections, 1, 'leads to AWS');
my ($connect) = $watch->requests('Proxy.Connect');
is($connect->{path}, 'localhost:' . $glue->port, 'by name');
is_deeply(
	[ grep { /^(authorization|x-amz-.*)$/i } keys %{ $connect->{headers} } ],
	[], 'and the proxy sees nothing of the message');
my ($request) = $watch->requests('CreateConnection');
is_deeply([ grep { /^proxy/i } keys %{ $request->{headers} } ],
	[], 'nor AWS anything of the proxy');

is(tunnels('no proxy', ''), 0, 'no tunnel');

# The connection through the proxy is kept, but not for another way.
my $session = session($proxy);
$watch = $cluster->watch;
$session->must(get_sql('there')) foreach 1 .. 3;
is($watch->sent('Proxy.Connect'), 1, 'a tunnel is kept');
$session->must("SET glue_conn.proxy = ''");
$session->must(get_sql('there'));
is($watch->connections, 2, 'but not used without the proxy');
$session->must("SET glue_conn.proxy = '$nowhere'");
is($session->query(get_sql('there'))->sqlstate,
	'08001', 'nor is the direct connection used with another one');
$session->quit;

# A setting for all, and a foreign server that overrides it
$session = session($nowhere);
$session->must(<<"SQL");
CREATE SERVER proxied FOREIGN DATA WRAPPER glue_conn OPTIONS (proxy '$proxy');
CREATE SERVER direct FOREIGN DATA WRAPPER glue_conn OPTIONS (proxy '');
CREATE SERVER usual FOREIGN DATA WRAPPER glue_conn;
SQL
foreach my $case ([ proxied => 1 ], [ direct => 0 ])
{
	my ($server, $tunnels) = @$case;

	$watch = $cluster->watch;
	$session->must("SELECT glue_get_connection('there', server => '$server')");
	is($watch->sent('Proxy.Connect'), $tunnels, "a server: $server");
}
is( $session->query("SELECT glue_get_connection('there', server => 'usual')")
	  ->sqlstate,
	'08001',
	'a server that says nothing');
$session->quit;

#
# Credentials
#

$glue->set(proxy_credentials => "us\@er:$word:");
is(tunnels('credentials', $credentials), 1, 'are accepted');
foreach my $case (
	[ 'no credentials' => $proxy ],
	[ 'wrong credentials' => $credentials =~ s/%3A/%3B/r ])
{
	$watch = $cluster->watch;
	my $result = refused(@$case, qr/^Failed while connecting at .* 407/);
	unlike($result->detail, qr/attempt/, "$case->[0]: tried once");
	is($watch->sent('Proxy.Connect'), 1, "$case->[0]: as the proxy says, too");
}

#
# A proxy that does not do it
#

foreach my $status (403, 502, 503)
{
	$glue->misbehave(
		operation => 'Proxy.Connect',
		kind => 'error',
		status => $status,
		form => 'html',
		message => $word,
		times => 0);
	refused("status $status", $credentials,
		qr/^Failed while connecting at .* $status/);
	$glue->behave;
}
foreach my $kind (qw(lost-before reset-before))
{
	$glue->misbehave(operation => 'Proxy.Connect', kind => $kind, times => 0);
	refused($kind, $credentials, qr/^Failed while connecting at /);
	$glue->behave;
}
$glue->misbehave(operation => 'Proxy.Connect', kind => 'lost-before');
is(tunnels('a proxy that fails once', $credentials),
	2, 'the second tunnel is used');

# Invalid proxies, and invalid URLs
refused('no proxy there', "http://us%40er:$word\@127.0.0.1:1",
	qr/^Failed while connecting at .*refused/);
foreach my $url (
	"http://us%40er:$word\@127.0.0.1:port", "gopher://us%40er:$word\@127.0.0.1",
	"http://us%40er:$word\@", "http://us%40er:$word\@[::1",
	"$word:// ")
{
	refused("proxy $url", $url, qr/proxy/);
}

# Nobody else's
my @limits = (max_attempts => 1, connect_timeout => '700ms');
my $black_hole = GlueConn::BlackHole->new;
my $hole = "http://us%40er:$word\@127.0.0.1:" . $black_hole->port;
foreach my $case ([ 'a black hole' => $hole ],
	[ 'a proxy that says nothing' => $credentials ])
{
	$glue->misbehave(operation => 'Proxy.Connect', kind => 'stall');
	$session = session($case->[1], @limits);
	my $result = $session->query(get_sql('x'));
	$session->quit;
	$said .= $result->text;
	is($result->sqlstate, '08000', "$case->[0]: connect_timeout");
	like($result->detail, qr/^The time limit of 700 ms .* connecting at/,
		"$case->[0]: names the step");
	$glue->behave;
}

my $interrupts = GlueConn::Interrupts->new($cluster);
$interrupts->check('for a tunnel',
	{
		settings => { 'glue_conn.proxy' => $credentials },
		rule => { operation => 'Proxy.Connect', kind => 'stall', times => 0 },
		reached => sub { $_[1]->sent('Proxy.Connect') }
	});
$interrupts->quit;

#
# The environment
#

my %environment =
  map { $_ => $nowhere, uc $_ => $nowhere } qw(http_proxy https_proxy all_proxy);
$cluster->restart(@keys, %environment);
is(tunnels('proxies in the environment', ''), 0, 'are not used');
is(tunnels('proxies in the environment, and a setting', $credentials),
	1, 'are not used either');
$cluster->restart(@keys, no_proxy => '*', NO_PROXY => '*');
is(tunnels('exceptions in the environment', $credentials),
	1, 'do not count');

#
# The services of a machine
#

my %services = (
	container => {
		AWS_CONTAINER_CREDENTIALS_FULL_URI =>
		  $glue->metadata_url . '/v1/credentials'
	},
	instance => {
		AWS_EC2_METADATA_DISABLED => 'false',
		AWS_EC2_METADATA_SERVICE_ENDPOINT => $glue->metadata_url
	});
foreach my $service (sort keys %services)
{
	$cluster->restart(%{ $services{$service} },
		HOME => PostgreSQL::Test::Utils::tempdir());
	$watch = $cluster->watch;
	is(tunnels("credentials of the $service", $credentials),
		1, 'a tunnel for AWS');
	isnt(scalar(grep { $_->{port} eq 'metadata' } $watch->requests),
		0, 'and none for its service, which was asked');
	is($watch->connections, $watch->sent('Proxy.Connect'),
		'AWS is asked through the proxy alone');

	$watch = $cluster->watch;
	refused("credentials of the $service, no proxy there",
		$nowhere, qr/refused/);
	isnt(scalar(grep { $_->{port} eq 'metadata' } $watch->requests),
		0, 'its service is asked all the same');
}

#
# The password
#

# The setting for all is read by superusers alone, if the library is there to
# say so.
$cluster->node->append_conf('postgresql.conf',
	"shared_preload_libraries = 'glue_conn'\n"
	  . "glue_conn.proxy = '$credentials'\n");
$cluster->restart(@keys);
is($cluster->query('CREATE ROLE plain LOGIN')->sqlstate, '00000', 'a role');
$session = $cluster->session(user => 'plain');
foreach my $sql (
	'SHOW ALL',
	'SELECT * FROM pg_settings',
	'SELECT * FROM pg_show_all_settings()')
{
	my $result = $session->must($sql);
	unlike($result->output, qr/$word/, "$sql: no password");
	like($result->output, qr/glue_conn\.endpoint_url/, "$sql: works");
}
foreach my $sql ('SHOW glue_conn.proxy',
	q{SELECT current_setting('glue_conn.proxy')})
{
	my $result = $session->query($sql);
	is($result->sqlstate, '42501', "$sql is refused");
	unlike($result->text, qr/$word/, "$sql: no password");
}
$session->quit;
$session = $cluster->session;
foreach my $sql (
	'SHOW glue_conn.proxy',
	"SELECT pg_settings FROM pg_settings WHERE name = 'glue_conn.proxy'",
	"SELECT current_setting('glue_conn.proxy')")
{
	my $output = $session->must($sql)->output;

	unlike($output, qr/$word/, "$sql by a superuser: no password");
	like($output, qr/:\*{8}\@/, "$sql: but the rest");
}
is($session->must("SET glue_conn.proxy = 'http://app:un/escaped\@host:3128'; SHOW glue_conn.proxy")
	->output, 'http://app:********@host:3128', 'a password that is not escaped is hidden');
$session->must('RESET glue_conn.proxy');
is($session->query(
		"SELECT set_config('glue_conn.proxy', current_setting('glue_conn.proxy'), false)")
	->sqlstate, '22023', 'the shown value is no setting');
$session->quit;
$watch = $cluster->watch;
$cluster->query(get_sql('there'));
is($watch->sent('Proxy.Connect'), 1, 'a setting for all is used');

unlike($said, qr/$word/, 'no error has the password');
my $log = slurp_file($cluster->node->logfile);
my @leaks = $log =~ /(.{0,60}$word.{0,20})/g;
is(scalar @leaks, 0, 'nor has the log') or diag(join "\n", @leaks);
like($log, qr/ DEBUG:  /, 'with messages of all levels');

$cluster->finish;
done_testing();
