# Copyright (c) 2026, glue_conn contributors
#
# Metadata of a secret is no secret: a reference to one, a placeholder, a
# limit.
#
# It needs no key in the queue, an update may drop or change it, another value
# is not adopted, and drift sees it.  A value with the form of a secret is one,
# under any name.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;
my $session = $cluster->session;

my %about = (
	JDBC_CONNECTION_URL => 'jdbc:mysql://h/d?user=${user}&password=${password}',
	SECRET_ID => 'reader',
	aws_secret_arn => 'arn:aws:secretsmanager:us-east-1:123456789012:secret:a',
	secret_name => 'b',
	TOKEN_PROVIDER => 'com.example.TokenProvider',
	max_tokens => '100');

# An input that is all about secrets, with other properties; undef takes one
# out.
sub input
{
	my ($name, %changes) = @_;
	my %properties = (%about, %changes);

	delete $properties{$_}
	  foreach grep { !defined $properties{$_} } keys %properties;
	return jdbc($name, ConnectionProperties => \%properties);
}

# Change a record to the form of an earlier version.
sub hide_recorded
{
	my ($name, $property) = @_;

	$session->must('UPDATE glue_connection SET connection_properties ='
		  . " connection_properties || '{\"$property\": \"********\"}'"
		  . ' WHERE name = ' . literal($name));
	return;
}

my $arn = $about{aws_secret_arn};
my $other_arn = $arn =~ s/a$/other/r;

#
# The queue
#

my $id = $session->must(enqueue_create_sql(input('queued')))->output;
is($session->must("SELECT input #>> '{ConnectionProperties,aws_secret_arn}'"
		  . " FROM glue_request WHERE id = $id")->output,
	$arn, 'a reference is queued without a key, as it is');
wait_until(sub {
	$session->must('CALL glue_process_requests()');
	$session->must("SELECT state FROM glue_request WHERE id = $id")->output eq
	  'succeeded';
}, 'the request is carried out');
is($glue->connection('queued')->{definition}{ConnectionProperties}{aws_secret_arn},
	$arn, 'and sent');
my $result = $session->query(
	enqueue_create_sql(input('bearer', HEADER => 'Bearer a1b2c3d4e5f6')));
is($result->sqlstate, '55000', 'a token needs a key, under any name');

#
# Updates
#

$session->must(create_sql(input('updated')));
$session->must(update_sql(input('updated', aws_secret_arn => $other_arn)));
is($cluster->row('updated')->{connection_properties}{aws_secret_arn},
	$other_arn, 'a reference is changed, and recorded');
$session->must(update_sql(input('updated', aws_secret_arn => undef,
	max_tokens => undef, TOKEN_PROVIDER => undef)));
is($glue->connection('updated')->{definition}{ConnectionProperties}{aws_secret_arn},
	undef, 'and dropped');
$session->must(create_sql(input('token', HEADER => 'Bearer a1b2c3d4e5f6')));
$result = $session->query(update_sql(input('token')));
is($result->sqlstate, '22023', 'a token is not dropped by accident');
like($result->detail, qr/\$\.ConnectionProperties\.HEADER/, 'which is said');
unlike($result->text, qr/a1b2c3d4e5f6/, 'but the token is not');

#
# Adoption
#

$glue->put_connection(input => input('taken', aws_secret_arn => $other_arn));
$result = $session->query(create_sql(input('taken'), on_conflict => 'adopt'));
is($result->sqlstate, '42710', 'another reference is not adopted');
like($result->detail, qr/aws_secret_arn was given as "arn:[^"]*", but AWS Glue has/,
	'and said');
is($session->must(create_sql(input('taken', aws_secret_arn => $other_arn),
		on_conflict => 'adopt'))->output, 'READY', 'the same one is');

# a secret that AWS Glue does not hide is compared, and never disclosed
my %secret = ('sharepoint.clientSecret' => 'Mine-XYZZY');
$glue->put_connection(input => input('shown',
		'sharepoint.clientSecret' => 'Theirs-XYZZY'));
$result = $session->query(create_sql(input('shown', %secret), on_conflict => 'adopt'));
is($result->sqlstate, '42710', 'a connection that shows another secret is not adopted');
like($result->detail, qr/"?sharepoint\.clientSecret"?\S* has another secret in AWS Glue/,
	'which is said');
unlike($result->text =~ s/^STATEMENT.*//mrs, qr/Theirs-XYZZY|Mine-XYZZY/, 'but the secrets are not');
is($session->must(create_sql(input('shown', 'sharepoint.clientSecret' => 'Theirs-XYZZY'),
		on_conflict => 'adopt'))->output, 'READY', 'one that shows the same one is');

#
# Drift
#

$session->must(create_sql(input('drifting')));
is($cluster->drift('drifting'), '', 'nothing has changed');
$glue->put_connection(input => input('drifting', secret_name => 'c'));
is($cluster->drift('drifting'), '$.ConnectionProperties.secret_name|was given as "b",'
	  . ' but AWS Glue has "c"', 'another reference is seen');

# values that an earlier version has hidden are no drift, and a sync records
# them
$session->must(create_sql(input('hidden')));
hide_recorded('hidden', 'secret_name');
is($cluster->drift('hidden'), '', 'hidden values are no drift');
$session->must('SELECT glue_sync_connections()');
is($cluster->row('hidden')->{connection_properties}{secret_name}, 'b',
	'a sync records it');
$glue->put_connection(input => input('hidden', secret_name => 'c'));
like($cluster->drift('hidden'), qr/secret_name\|was given as "b"/,
	'then a change is seen');

$session->quit;
done_testing();
