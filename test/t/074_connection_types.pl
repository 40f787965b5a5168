# Copyright (c) 2026, glue_conn contributors
#
# AWS Glue's descriptions of connection types: one of them, or all, page by
# page.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;
my $session = $cluster->session;

sub describe_sql
{
	return 'SELECT glue_describe_connection_type(' . literal($_[0]) . ')';
}

#
# One type
#

my $watch = $cluster->watch;
my $type = json_value($session->must(describe_sql('POSTGRESQL'))->output);
is($type->{ConnectionType}, 'POSTGRESQL', 'a type');
is($type->{ConnectionProperties}{HOST}{Required},
	JSON::PP::true, 'with its properties');
is_deeply(
	json_value(($watch->requests)[0]{body}),
	{ ConnectionType => 'POSTGRESQL' },
	'one message');

$session->must('CREATE SERVER other FOREIGN DATA WRAPPER glue_conn'
	  . " OPTIONS (region 'eu-west-1', catalog_id '123456789012')");
$watch = $cluster->watch;
$session->must(
	"SELECT glue_describe_connection_type('JDBC', server => 'other')");
my ($request) = $watch->requests;
is($request->{region}, 'eu-west-1', 'another region has its own');
is_deeply(json_value($request->{body}),
	{ ConnectionType => 'JDBC' }, 'types are in no catalog');

my $result = $session->query(describe_sql('NOSUCH'));
is($result->sqlstate, '22023', 'a type that does not exist');
is( $result->message,
	'could not describe AWS Glue connection type "NOSUCH":'
	  . ' ValidationException',
	'by name');

my $described = {
	ConnectionType => 'VAULT',
	ConnectionProperties => {
		PASSWORD => { Name => 'PASSWORD', Required => JSON::PP::true }
	},
	Zebra => [ 1, undef ]
};
$glue->misbehave(operation => 'DescribeConnectionType', kind => 'garbage',
	body => json_text($described));
is_deeply(json_value($session->must(describe_sql('VAULT'))->output),
	$described, 'properties that hold secrets are described like others');

$glue->misbehave(operation => 'DescribeConnectionType', kind => 'garbage',
	body => $_)
  foreach '{}', '{"ConnectionType": 1}';
is($session->query(describe_sql('JDBC'))->sqlstate, '08P01', 'no answer')
  foreach 1 .. 2;

#
# All types
#

my $list_sql = "SELECT glue_list_connection_types()->>'ConnectionType'";
my $all = "JDBC\nKAFKA\nNETWORK\nPOSTGRESQL\nSALESFORCE\nSNOWFLAKE";

$watch = $cluster->watch;
is($session->must($list_sql)->output, $all, 'all types');
is_deeply(
	json_value(($watch->requests)[0]{body}),
	{ MaxResults => 100 },
	'as many at once as AWS permits');
is($watch->sent, 1, 'on one page');

$glue->set(page_size => 4);
$watch = $cluster->watch;
is($session->must($list_sql)->output, $all, 'on several pages');
is($watch->sent('ListConnectionTypes'), 2, 'each asked for once');
$watch = $cluster->watch;
is($session->must("$list_sql LIMIT 4")->output,
	"JDBC\nKAFKA\nNETWORK\nPOSTGRESQL", 'those that are requested');
is($watch->sent('ListConnectionTypes'), 1, 'and no more');
is($session->must('SELECT count(*) FROM glue_list_connection_types()')->output,
	'6', 'as a table');

$glue->misbehave(operation => 'ListConnectionTypes', kind => 'garbage',
	times => 0, body => '{"ConnectionTypes": [{}], "NextToken": "again"}');
$result = $session->query($list_sql);
is($result->sqlstate, '08P01', 'a list without an end');
like($result->detail, qr/never end/, 'is an error');
$glue->behave;

$glue->misbehave(operation => 'ListConnectionTypes', kind => 'error',
	skip => 1, status => 400, code => 'AccessDeniedException',
	message => 'No.');
$result = $session->query($list_sql);
is($result->sqlstate, '42501', 'a page that is refused');
is( $result->message,
	'could not call ListConnectionTypes of AWS Glue: AccessDeniedException',
	'is an error');

$session->must('BEGIN READ ONLY');
is($session->must($list_sql)->output, $all, 'in a transaction that only reads');
$session->must('ROLLBACK');

$session->quit;
$cluster->finish;
done_testing();
