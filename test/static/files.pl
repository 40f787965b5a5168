# Copyright (c) 2026, glue_conn contributors
#
# Every script of test/t has a number of its own, and no file of the tests is too
# long to be read; and the checks find each violation.

use strict;
use warnings;

use File::Find qw(find);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use PostgreSQL::Test::Utils;
use Test::More;

my $most_lines = 800;

# Tables of data, and the model, whose processes are one protocol.  So are corpora
# and expected output, which have other names.
my $long = qr{^(?:unit/secret_forms\.h|model/immediate\.pml)$};

# The faults of the tests in a directory, one a line.
sub faults
{
	my ($directory) = @_;
	my (%number, @faults);

	push @{ $number{ (m{(\d+)_\w+\.pl$})[0] // '' } }, $_ =~ s{.*/}{}r
	  foreach glob("$directory/t/*.pl");
	push @faults, "no number: $_" foreach @{ delete $number{''} // [] };
	push @faults, map { "the same number: @{ $number{$_} }" }
	  grep { @{ $number{$_} } > 1 } sort keys %number;
	find(sub {
		my $name = $File::Find::name =~ s{^\Q$directory\E/}{}r;

		return if !/\.(?:c|h|pl|pm|pml|py|spec)$/ || $name =~ $long;
		my $lines = () = slurp_file($_) =~ /\n/g;
		push @faults, "more than $most_lines lines: $name" if $lines > $most_lines;
	}, $directory);
	return join "\n", @faults;
}

# Valid directories, except for one file.
sub faults_with
{
	my ($name, $lines) = @_;
	my $directory = tempdir(CLEANUP => 1);

	make_path(map { "$directory/$_" } qw(t unit fuzz/corpus));
	append_to_file("$directory/t/$_.pl", "1;\n") foreach '001_first', '002_second';
	append_to_file("$directory/fuzz/corpus/long", "x\n" x 1000);
	append_to_file("$directory/$name", "x\n" x $lines);
	return faults($directory);
}

is(faults('test'), '', 'the tests are in order');
is(faults_with('t/003_third.pl', 800), '', 'so are others');
is(faults_with('t/002_third.pl', 1), 'the same number: 002_second.pl 002_third.pl',
	'a number that is taken');
is(faults_with('t/third.pl', 1), 'no number: third.pl', 'a script without a number');
is(faults_with('unit/unit_x.c', 801), 'more than 800 lines: unit/unit_x.c',
	'a file that is too long');

done_testing();
