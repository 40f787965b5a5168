# Copyright (c) 2026, glue_conn contributors
#
# Inputs as users write them, and the rules of src/glue/rules.def.
#
# connection_inputs.json has inputs with their expected findings.  Inputs
# without an error are sent, and the local Glue, which rejects the same inputs
# as AWS, must accept them.  (boto3_drives_local_glue.py tests that, and the
# rejections, because we do not send such inputs.)

use strict;
use warnings;

use FindBin qw($Bin);
use GlueConn::Cluster;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $session = $cluster->session;
my $cases = json_value(slurp_file("$Bin/../connection_inputs.json"))->{cases};

foreach my $case (@$cases)
{
	my $input = literal(json_text($case->{input}));
	my $findings = $session->must(
		q(SELECT upper(left(severity, 1)) || ' ' || path || ' ' || rule)
		  . " FROM glue_validate_connection_input($input)")->output;

	is($findings, join("\n", @{ $case->{findings} }), $case->{name});
	next if grep { /^E/ } @{ $case->{findings} };

	# the one that the account decides on
	next if grep { /ENCRYPTED_PASSWORD/ } @{ $case->{findings} };

	my $name = $case->{input}{Name};
	is($session->query("SELECT glue_create_connection($input)")->output,
		'READY', 'AWS Glue takes it');
	$session->must('SELECT glue_delete_connection(' . literal($name) . ')');
}

$cluster->finish;
done_testing();
