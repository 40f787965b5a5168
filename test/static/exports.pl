# Copyright (c) 2026, glue_conn contributors
#
# The extension exports only its own names, and check_exports finds others.

use strict;
use warnings;

use File::Temp qw(tempdir);
use Test::More;

my $directory = tempdir(CLEANUP => 1);

# Make a shared object of C source and check it: returns the exit status and the
# output.
sub check_module
{
	my ($source) = @_;

	open my $handle, '>', "$directory/module.c" or die;
	print $handle "$source\n";
	close $handle;
	system('gcc', '-shared', '-fPIC', '-o', "$directory/module.so",
		"$directory/module.c") == 0 or die;
	my $output = `test/check_exports $directory/module.so 2>&1`;
	return ($? >> 8, $output);
}

my $own = 'int Pg_magic_func, glue_redact, pg_finfo_glue_redact; '
  . 'void _PG_init(void) {} static int hidden;';

my ($status, $output) = check_module($own);
is($status, 0, 'own names pass') or diag($output);

($status, $output) = check_module("$own int retry; int pg_finfo_other;");
is($status, 1, 'other names do not');
is($output, "exported without need: pg_finfo_other retry\n",
	'and are named');

($status, $output) = check_module('int glue_redact;');
is($status, 1, 'nor does what is no module');
like($output, qr/lacks Pg_magic_func/, 'and it says why');

($status, $output) = (system('test/check_exports', "$directory/none.so"), '');
isnt($status, 0, 'nor does a file that is not there');

$output = `make -s check-exports 2>&1`;
is($?, 0, 'the extension exports its own names alone') or diag($output);

done_testing();
