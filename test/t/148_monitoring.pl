# Copyright (c) 2026, glue_conn contributors
#
# The files of monitoring/ work with Debian's exporters and Prometheus: each
# alert fires on a real fault, and clears when that is corrected; each
# expression of the dashboard has a result; and both exporters report the same.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Prometheus;
use GlueConn::Queue;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

#
# The files themselves
#

command_ok([ 'promtool', 'check', 'config', 'monitoring/prometheus.yaml' ],
	'the configuration is right');
command_ok([ 'promtool', 'test', 'rules', 'monitoring/alerts_test.yaml' ],
	'the alerts pass their tests');

my @alerts = slurp_file('monitoring/alerts.yaml') =~ /- alert: (\w+)/g;
my %seen;

is(statements('sql_exporter'), statements('postgres_exporter'), 'the queries are the same');

# The queries of a file, without their indentation.
sub statements
{
	my ($name) = @_;
	my $text = slurp_file("monitoring/$name.yaml");
	my $queries = '';

	$queries .= $2 =~ s/^$1  //mgr while $text =~ /^( +)query: \|\n((?:\1  .*\n)+)/mg;
	return $queries;
}

#
# Everything runs
#

my $cluster = GlueConn::Cluster->start(preload => 1, secret_key => 1, conf => <<'CONF');
glue_conn.settle_time = '1s'
glue_conn.request_timeout = '4s'
CONF
my $glue = $cluster->glue;
my $node = $cluster->node;
my $key_file = $node->data_dir . '/../secret.key';
my $session = $cluster->session;

$session->must('CREATE ROLE exporter LOGIN; GRANT pg_monitor TO exporter');
$session->must('SET glue_conn.max_attempts = 1');
$session->must(create_sql(referring('first')));
my $unused = PostgreSQL::Test::Cluster::get_free_port();
my $prometheus = GlueConn::Prometheus->start(
	9187 => GlueConn::Prometheus::start_postgres_exporter($node, 'exporter'),
	9237 => $unused);
my $other = GlueConn::Prometheus->start(
	9187 => $unused,
	9237 => GlueConn::Prometheus::start_sql_exporter($node, 'exporter'));

foreach ($prometheus, $other)
{
	my $one = $_;

	wait_until(sub { ($one->values('glue_call_seconds_count'))[0] }, 'there are figures');
	wait_until(sub { !grep { $one->firing($_) } @alerts }, 'no alert fires');
}
is($session->must('SELECT count(*) FROM glue_request')->output, '1',
	'the queue was never used');
is(join(' ', $prometheus->values('glue_request_queued')), '0', 'and has figures all the same');

# Expect an alert to fire, and to clear.
sub fires
{
	my ($alert, $while) = @_;

	wait_until(sub { $while->() if $while; $prometheus->firing($alert) }, "$alert fires");
	$seen{$alert} = 1;
	pass("$alert fires");
	return;
}

sub clears
{
	my ($alert) = @_;

	wait_until(sub { !$prometheus->firing($alert) }, "$alert clears");
	pass("$alert clears");
	return;
}

sub restart
{
	$session->quit;
	$node->stop;
	$cluster->start_node;
	$session = $cluster->session;
	$session->must('SET glue_conn.max_attempts = 1');
	return;
}

#
# Nobody works; then the key is gone
#

$session->must('ALTER SYSTEM SET glue_conn.worker = off');
restart();
my $sealed = enqueue($session, secret('sealed'));
fires('GlueNoWorker');
fires('GlueQueueOld');
rename $key_file, "$key_file.gone" or die;
$session->must('ALTER SYSTEM RESET glue_conn.worker');
restart();
fires('GlueKeyMissing');
clears('GlueNoWorker');
rename "$key_file.gone", $key_file or die;
$session->must("SELECT glue_retry_request($sealed)");
is(end_of($session, $sealed), 'succeeded', 'with the key, it is carried out');
clears('GlueKeyMissing');
clears('GlueQueueOld');

#
# Requests
#

$session->must(server_sql('shop', $glue->access_key, 'wrong'));
my ($denied, $copied) =
  map { enqueue($session, referring($_), server => 'shop') } qw(denied copied);
$glue->misbehave(operation => 'CreateConnection', name => 'invalid', kind => 'error',
	times => 0, status => 400, code => 'InvalidInputException');
my $invalid = enqueue($session, referring('invalid'));
fires('GlueCredentialsMissing');
fires('GlueRequestsFail');
is($session->must("SELECT failed_last_hour, last_error, last_error_at > now() - interval '5 min'"
	  . " FROM glue_request_summary WHERE target = '$GlueConn::Cluster::region'")->output,
	'1|' . $session->must("SELECT error_message FROM glue_request WHERE id = $invalid")->output . '|t',
	'the summary has the whole of the error, and when that was');
$session->must("UPDATE glue_request SET home = home + 1 WHERE id = $copied");
fires('GlueRequestsHeld');

$glue->behave;
$session->must('ALTER USER MAPPING FOR CURRENT_USER SERVER shop OPTIONS (SET secret_access_key '
	  . literal($glue->secret_key) . ')');
foreach my $id ($denied, $invalid)
{
	$session->must("SELECT glue_retry_request($id)");
	is(end_of($session, $id), 'succeeded', 'without the fault, it is carried out');
}
$session->must('SELECT glue_drop_held_requests()');
clears($_) foreach qw(GlueCredentialsMissing GlueRequestsFail GlueRequestsHeld);

#
# Calls
#

fires('GlueCallsFail', sub {
	$glue->misbehave(operation => 'GetConnection', kind => 'error', status => 500,
		code => 'InternalServiceException');
	$session->query(get_sql('first'));
});
fires('GlueThrottled', sub {
	$glue->misbehave(operation => 'GetConnection', kind => 'throttle');
	$session->query(get_sql('first'));
});
$glue->misbehave(operation => 'CreateConnection', kind => 'lost-after');
$glue->misbehave(operation => 'GetConnection', kind => 'error', status => 403,
	code => 'AccessDeniedException');
is($session->query(create_sql(referring('lost')))->sqlstate, '08007', 'an outcome is unknown');
fires('GlueOutcomeUnknown');
$glue->behave;
clears($_) foreach qw(GlueCallsFail GlueThrottled GlueOutcomeUnknown);

#
# The dashboard, and the other exporter
#

my $dashboard = decode_json(slurp_file('monitoring/dashboard.json'));
my @expressions = map { $_->{expr} } map { @{ $_->{targets} } } @{ $dashboard->{panels} };
cmp_ok(scalar @expressions, '>', 20, 'the dashboard has expressions');

foreach my $expression (@expressions)
{
	my $bare = $expression =~ s/\$__rate_interval/$GlueConn::Prometheus::window/gr
	  =~ s/\$(?:datname|target)/.*/gr;

	foreach my $one ($prometheus, $other)
	{
		wait_until(sub {
			$session->must(get_sql('first'));
			my @values = $one->values($bare);
			return @values && !grep { $_ eq 'NaN' } @values;
		}, "an answer to $expression");
	}
	pass("there is an answer to $expression");
}
is(join(' ', $other->names), join(' ', $prometheus->names), 'both exporters have the same metrics');

#
# A query that fails gives no metric at all
#

$session->must('REVOKE pg_monitor FROM exporter');
fires('GlueFiguresMissing');
wait_until(sub { $other->firing('GlueFiguresMissing') }, 'the other exporter reports it, too');
$session->must('GRANT pg_monitor TO exporter');
clears('GlueFiguresMissing');
wait_until(sub { !$other->firing('GlueFiguresMissing') }, 'there, too');

is(join(' ', sort keys %seen), join(' ', sort @alerts), 'each alert has fired');

$session->quit;
$cluster->finish;
done_testing();
