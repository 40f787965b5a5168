# Copyright (c) 2026, glue_conn contributors
#
# The SQL scripts do not depend on the earlier contents of the schema before CREATE
# EXTENSION: pgspot finds no name in them without its schema, and it does find such
# names.  No finding is ignored.

use strict;
use warnings;

use File::Temp qw(tempdir);
use Test::More;

# Run pgspot on a file: returns the exit status and the output.
sub spot
{
	my ($file) = @_;
	my $python = $ENV{GLUE_CONN_PYTHON}
	  or die 'GLUE_CONN_PYTHON must name a Python that has pgspot';
	my $output = `$python -m pgspot $file 2>&1`;

	return ($? >> 8, $output);
}

# Expect a finding about a statement.
sub found
{
	my ($sql, $finding) = @_;
	my $file = tempdir(CLEANUP => 1) . '/script.sql';

	open my $handle, '>', $file or die;
	print $handle "$sql;\n";
	close $handle;
	my ($status, $output) = spot($file);
	is($status, 1, "refused: $sql");
	like($output, qr/^\Q$finding\E/m, "and said why: $finding");
}

my @scripts = glob('sql/*--*.sql');
ok(@scripts > 0, 'there are scripts');

foreach my $script (@scripts)
{
	my ($status, $output) = spot($script);

	# a pgspot that is missing prints no sums
	is($status, 0, "$script names the schema of everything");
	like($output, qr/\A\s*Errors: 0 Warnings: 0 Unknown: 0\s*\z/,
		'and nothing else is wrong with it')
	  or diag($output);
}

my $view = 'CREATE VIEW @extschema@.v AS SELECT';
my $from = 'FROM @extschema@.t';
found("$view name || '/' $from", 'PS001: Unqualified operator');
found("$view name IN ('a', 'b') $from", 'PS001: Unqualified operator');
found("$view CASE name WHEN 'a' THEN 1 END $from",
	'PS009: Unsafe CASE expression');
found("$view left(name, 1) $from", 'PS016: Unqualified function call');
found("$view name::text $from", 'PS017: Unqualified object reference: text');
found("$view name FROM t", 'PS017: Unqualified object reference: t');
found('CREATE TABLE @extschema@.t (a int CHECK (a > 0))',
	'PS001: Unqualified operator');
found('CREATE TABLE @extschema@.t (a int DEFAULT f())',
	'PS016: Unqualified function call');
found('CREATE TABLE IF NOT EXISTS @extschema@.t (a int)',
	'PS012: Unsafe table creation');
found('CREATE OR REPLACE VIEW @extschema@.v AS SELECT 1',
	'PS015: Unsafe view creation');
found('this is no SQL', ' Errors: 0');

done_testing();
