# Copyright (c) 2026, glue_conn contributors
#
# No function of the sources has too many branches or lines, and no file too many
# lines; and the checks find each violation.

use strict;
use warnings;

use File::Temp qw(tempdir);
use PostgreSQL::Test::Utils;
use Test::More;

my $most_branches = 15;    # McCabe's cyclomatic complexity
my $most_lines = 60;
my $most_lines_of_file = 600;

# Tables of data, which are long and simple.
my %is_table = (glue_settings_init => 1, 'src/glue/model_data.c' => 1);

# The faults of some sources, one a line.
sub faults
{
	my (@sources) = @_;
	my ($functions, $errors) = run_command([ 'pmccabe', @sources ]);
	my @faults = $errors ne '' ? $errors : ();

	foreach (split /\n/, $functions)
	{
		my ($branches, undef, undef, undef, $lines, $name) = (split)[ 0 .. 4, 6 ];

		push @faults, "$name has $branches branches" if $branches > $most_branches;
		push @faults, "$name has $lines lines"
		  if $lines > $most_lines && !$is_table{$name};
	}
	foreach (@sources)
	{
		my $lines = () = slurp_file($_) =~ /\n/g;

		push @faults, "$_ has $lines lines"
		  if $lines > $most_lines_of_file && !$is_table{$_};
	}
	return join "\n", @faults;
}

# The faults of a source of this text.
sub faults_of
{
	my ($text) = @_;
	my $source = tempdir(CLEANUP => 1) . '/source.c';

	append_to_file($source, $text);
	return faults($source) =~ s{\S*/source\.c}{source.c}r;
}

my @sources = glob('src/*.c src/*/*.c src/*/*.h');

cmp_ok(scalar(@sources), '>', 300, 'there are sources');
is(faults(@sources), '', 'no function and no file is too long or has too many branches');
is(faults_of("int f(int x)\n{\n" . "if (x) x--;\n" x 14 . "return x;\n}\n"), '',
	'many branches');
is(faults_of("int f(int x)\n{\n" . "if (x) x--;\n" x 15 . "return x;\n}\n"),
	'f has 16 branches', 'too many branches');
is(faults_of("int f(int x)\n{\n" . "x--;\n" x 60 . "return x;\n}\n"),
	'f has 64 lines', 'too many lines');
is(faults_of("int x;\n" x 601), 'source.c has 601 lines', 'a file that is too long');

done_testing();
