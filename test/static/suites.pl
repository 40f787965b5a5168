# Copyright (c) 2026, glue_conn contributors
#
# run_suites counts every kind of failure of a test.

use strict;
use warnings;

use Cwd qw(getcwd);
use File::Temp qw(tempdir);
use Test::More;

my $run = getcwd() . '/test/run_suites';

# variables that select tests are for the run that this is part of
delete $ENV{TESTS};

# Run scripts of the suite "tap": returns the exit status and the output of
# run_suites.
sub run_script
{
	my (@scripts) = @_;
	my $directory = tempdir(CLEANUP => 1);
	my $number = 0;

	mkdir "$directory/$_" foreach qw(test test/t);
	foreach my $script (@scripts)
	{
		open my $handle, '>', "$directory/test/t/" . $number++ . '.pl' or die;
		print $handle "\$| = 1;\n$script\n";
		close $handle;
	}
	my $output = `cd $directory && TEST_TIME_LIMIT=2 $^X $run tap 2>&1`;
	return ($? >> 8, $output);
}

# One script, which gives these sums and whose report matches a pattern.
sub counted
{
	my ($name, $script, $passed, $failed, $pattern) = @_;
	my ($status, $output) = run_script($script);

	is((split /\n/, $output)[-1], "$passed passed, $failed failed",
		"$name: counted")
	  or diag($output);
	is($status, $failed > 0 || $passed == 0 ? 1 : 0, "$name: exit status");
	like($output, $pattern, "$name: reported") if $pattern;
}

counted('all is well', 'print "ok 1 - a\nok 2 - b\n1..2\n"', 2, 0);
counted('nested tests', 'print "    ok 1 - x\n    1..1\nok 1 - a\n1..1\n"',
	1, 0);
counted('a failure', 'print "ok 1 - a\nnot ok 2 - b\n# why\n1..2\n"; exit 1',
	1, 1, qr/^    not ok 2 - b\n    # why\n/m);
counted('a failure that exits with 0', 'print "not ok 1 - a\n1..1\n"', 0, 1);
counted('a skipped test', 'print "ok 1 - a\nok 2 # skip no moto\n1..2\n"',
	1, 1, qr/^    ok 2 # skip no moto$/m);
counted('a test to do', 'print "not ok 1 # TODO later\n1..1\n"', 0, 1);
counted('all skipped', 'print "1..0 # SKIP no moto\n"', 0, 1,
	qr/skipped all of its tests/);
counted('fewer than planned', 'print "1..3\nok 1 - a\n"', 1, 1,
	qr/planned 3 tests but ran 1/);
counted('no plan', 'print "ok 1 - a\n"', 1, 1, qr/No plan found/);
counted('no output', '', 0, 1, qr/No plan found/);
counted('dies after its plan', 'print "1..1\nok 1 - a\n"; die "oops\n"',
	1, 1, qr/exit status \d+\n    1\.\.1\n    oops\n/);
counted('killed', 'print "1..1\nok 1 - a\n"; kill 9, $$', 1, 1,
	qr/ended by signal 9/);
counted('bails out', 'print "ok 1 - a\nBail out!  no server\n"; exit 255',
	1, 1, qr/bailed out/);
counted('too slow', 'print "1..1\nok 1 - a\n"; sleep 60', 1, 1,
	qr/took longer than 2 s/);

counted("a server that crashed: $_", <<"EOT", 1, 1, qr/a server crashed: .*\Q$_\E/)
mkdir \$_ foreach 'tmp_check', 'tmp_check/log';
open my \$log, '>', 'tmp_check/log/0_main.log';
print \$log "LOG:  server process (PID 7) was terminated by signal 9: Killed\n$_\n";
print "ok 1 - a\n1..1\n";
EOT
  foreach 'TRAP: failed Assert(x)',
  'LOG:  server process (PID 8) was terminated by signal 11: Segmentation fault';

my ($status, $output) =
  run_script(('print "ok 1 - a\n1..1\n"') x 3, 'print "not ok 1\n1..1\n"');
like($output, qr/^=== tap +3 passed, 1 failed .*\n3 passed, 1 failed\n\z/m,
	'sums over scripts');

($status, $output) = run_script();
is($status, 1, 'a suite without scripts fails');
like($output, qr/\n0 passed, 1 failed\n\z/, 'and is counted');

{
	local $ENV{TESTS} = 'test/t/1.pl test/t/0.pl';
	my @scripts = (('print "ok 1 - a\n1..1\n"') x 2, 'print "not ok 1\n1..1\n"');

	is((run_script(@scripts))[0], 0, 'only the tests that are named run');
	like((run_script(@scripts))[1], qr{^2 passed, 0 failed\n\z}m,
		'and all of them');
	($status, $output) = run_script($scripts[0]);
	is("$status $output", "255 there is no test test/t/1.pl\n",
		'a test that does not exist is no result');
	$ENV{TESTS} = join ' ',
	  qw(test/t/001_create.pl test/unit/unit_seal test/unit/unit_seal:sanitized);
	is(`$^X $run --which`, "unit sanitize tap\n",
		'each suite that has one of them, and no other');
	is(`$^X $run --which unit tap 2>&1`,
		"there is no test test/unit/unit_seal:sanitized\n",
		'and in the suites that are named alone');
}

unlike(`$^X $run --which`, qr/assert/, 'assertions take a server of their own');
is(`$^X $run --which assert`, "assert\n", 'and are checked if that is asked for');
is(system("$^X $run nonsense >/dev/null 2>&1") >> 8 > 1, 1,
	'a suite that does not exist is no result');

done_testing();
