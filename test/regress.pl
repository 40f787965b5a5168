# Copyright (c) 2026, glue_conn contributors
#
# "make installcheck" against a server of its own, each of the scripts in sql/
# and in test/isolation/specs/ being one test.  pg_regress prints TAP since PostgreSQL 16 only, and then
# with extra words; its older form is read as well.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('regress');
$node->init;
$node->start;

$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
my $output = `make -s installcheck TAP_TESTS= 2>&1`;
my $status = $?;

while ($output =~ /^(?:test (\S+) +\.\.\. (ok|FAILED)|(ok|not ok) \d+ +[-+] (\S+))/mg)
{
	is($2 // $3, 'ok', $1 // $4);
}

is($status, 0, 'pg_regress is content');
if ($status != 0)
{
	diag($output);
	diag(slurp_file($_))
	  foreach grep { -e } qw(regression.diffs output_iso/regression.diffs);
}

$node->stop;
done_testing();
