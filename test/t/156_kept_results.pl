# Copyright (c) 2026, glue_conn contributors
#
# A result that could not be recorded is recorded later, and nothing has to be
# asked for that: neither credentials nor their account.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1, asks_account => 1,
	environment => { AWS_EC2_METADATA_DISABLED => 'true' });
my $glue = $cluster->glue;
my %instance = (
	AWS_EC2_METADATA_DISABLED => 'false',
	AWS_EC2_METADATA_SERVICE_ENDPOINT => $glue->metadata_url);
$cluster->restart(%instance);
my $session = $cluster->session;

sub answered
{
	my ($id) = @_;

	return $session->must("SELECT state = 'queued' AND answer IS NOT NULL"
		  . " FROM glue_request WHERE id = $id")->output eq 't';
}

$session->must('ALTER TABLE glue_connection ADD CONSTRAINT obstacle'
	  . " CHECK (name NOT LIKE 'bad%')");
my $id = enqueue($session, referring('bad'));
wait_until(sub { answered($id) }, 'the result is kept');
is(state_of($session, $id, 'account_id'), "queued|$GlueConn::LocalGlue::ACCOUNT",
	'a request whose result is kept has an account');
$session->must('ALTER TABLE glue_connection DROP CONSTRAINT obstacle');
$session->quit;

# The credentials and their account are not known any more.
$cluster->restart(%instance);
$session = $cluster->session;
my $watch = $cluster->watch;
make_due($session, $id);
wait_until(sub { state_of($session, $id) ne 'queued' }, 'it is claimed');
is(end_of($session, $id), 'succeeded', 'it is recorded after a restart');
is($watch->sent('CreateConnection'), 0, 'without another call');
is($watch->sent('Metadata.Token') + $watch->sent('GetCallerIdentity'), 0, 'or credentials');
is($session->must("SELECT arn FROM glue_connection WHERE name = 'bad'")->output,
	"arn:aws:glue:us-east-1:$GlueConn::LocalGlue::ACCOUNT:connection/bad",
	'and with the ARN of its account');

$session->quit;
unlike(slurp_file($cluster->node->logfile), qr/terminated by signal|TRAP/, 'nothing crashed');
$cluster->finish;
done_testing();
