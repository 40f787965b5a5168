# Copyright (c) 2026, glue_conn contributors
#
# The fuzzers see the sources that they fuzz, and report their findings.
#
# libFuzzer sees only code that was compiled for it, and reports nothing if that is
# the fuzzer alone: it goes on with random inputs, which reach nothing.

use strict;
use warnings;

use Cwd qw(getcwd);
use File::Temp qw(tempdir);
use Test::More;

my $home = getcwd();
my $directory = tempdir(CLEANUP => 1);

# A fuzzer with a fault that anything finds.
my $planted = <<'END';
#include "replay.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	require(size == 0 || data[0] < 128);
	return 0;
}
END

# Run a command in the copy: returns its exit status and its output.
sub run
{
	my ($command) = @_;
	my $output = `cd $directory && $command 2>&1`;

	return ($? >> 8, $output);
}

# The line that test/fuzz/run prints for a fuzzer.
sub line_of
{
	my ($output, $name) = @_;

	return $output =~ /^$name +(\d+) counters, +(\d+) reached, +(\d+) executions, (.*)$/m;
}

# A copy, where fuzzers begin with nothing.
system("tar -c --exclude='*.o' --exclude=instrumented --exclude=corpus "
	  . "Makefile glue_conn.control src test | tar -x -C $directory") == 0
  or die;
mkdir "$directory/test/fuzz/corpus" or die;
mkdir "$directory/test/fuzz/corpus/$_" or die foreach qw(planted validate);
open my $handle, '>', "$directory/test/fuzz/fuzz_planted.c" or die;
print $handle $planted;
close $handle;

my $environment = "TMPDIR=$directory RUNS=20000 FUZZ=-fsanitize=fuzzer";
my ($status, $output) = run("$environment test/fuzz/run 60 validate");
my ($counters, $reached, $executions, $verdict) =
  line_of($output, 'validate');
is($status, 0, 'a fuzzer that finds nothing') or diag($output);
is($verdict, 'nothing found', 'says so');
cmp_ok($counters // 0, '>', 1000, 'its counters are those of the sources');
cmp_ok($reached // 0, '>', 150, 'which it gets into, beginning with nothing');
cmp_ok($executions // 0, '>=', 20000, 'as often as it was told');

($status, $output) = run("$environment test/fuzz/run 60 planted validate");
($counters, $reached, $executions, $verdict) = line_of($output, 'planted');
is($status, 1, 'a fuzzer that finds something') or diag($output);
my ($place) = ($verdict // '') =~ /^FOUND, see (.*)$/;
ok($place, 'says so, and where');
is(scalar(() = glob(($place // '') . '/crash-*')),
	1, 'there the input is kept');
is((line_of($output, 'validate'))[3], 'nothing found', 'the others go on');

# Each of them sees the sources.
my @all = map { m{/fuzz_(\w+)\.c$} } glob 'test/fuzz/fuzz_*.c';
cmp_ok(scalar @all, '>=', 16, 'there are fuzzers');
mkdir "$directory/test/fuzz/corpus/$_" foreach @all;
($status, $output) = run("TMPDIR=$directory RUNS=10 FUZZ=-fsanitize=fuzzer test/fuzz/run 60 @all");
is($status, 0, 'all fuzzers') or diag($output);
cmp_ok((line_of($output, $_))[0] // 0, '>', 1000, "$_: its counters") foreach @all;

# Objects are made again if they were made with other flags, and only then.
my $object = 'test/fuzz/instrumented/src/aws/retry.o';
open $handle, '<', "$directory/test/fuzz/instrumented/flags" or die;
my ($clang) = split ' ', readline $handle;
foreach my $step ([ '-fsanitize=fuzzer', 0, 'the same flags' ],
	[ '-fsanitize=fuzzer,address', 1, 'other flags' ],
	[ '-fsanitize=fuzzer,address', 0, 'these once more' ])
{
	my ($flags, $made, $name) = @$step;
	($status, $output) = run("make CC=$clang FUZZ=$flags $object");
	is($status, 0, "$name: made") or diag($output);
	is($output =~ /-c -o \S*retry\.o/ ? 1 : 0,
		$made, "$name: compiled " . ($made ? 'again' : 'not again'));
}
run('make clean');
ok(!-e "$directory/test/fuzz/instrumented", 'make clean removes all of it');

done_testing();
