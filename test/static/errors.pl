# Copyright (c) 2026, glue_conn contributors
#
# docs/errors.md has each SQLSTATE that the sources raise and each exception of AWS that
# they know; and no message or error code that they do not have.

use strict;
use warnings;

use File::Find qw(find);
use PostgreSQL::Test::Utils;
use Test::More;

my $page = slurp_file('docs/errors.md');
my @sources;

find({ no_chdir => 1, wanted => sub { push @sources, $_ if /\.[ch]$/ } }, 'src');
my $source = join "\n", map { slurp_file($_) } sort @sources;

# The SQLSTATEs by their names in C.
my ($include) = run_command([ $ENV{PG_CONFIG} || 'pg_config', '--includedir-server' ]);
my $codes = slurp_file("$include/utils/errcodes.h");
my %sqlstate;
while ($codes =~
	/^#define (ERRCODE_\w+) MAKE_SQLSTATE\('(.)','(.)','(.)','(.)','(.)'\)/mg)
{
	$sqlstate{$1} = "$2$3$4$5$6";
}

# Codes that are only compared with others' errors are not raised.
my %known = map { $_ => 1 } qw(40000 58000 57000 01000);

# The codes that the sources raise, and those that they compare.
sub raised
{
	my ($text) = @_;
	my %raised = map { $sqlstate{$_} => 1 } grep { $sqlstate{$_} } $text =~ /\b(ERRCODE_\w+)/g;

	return sort grep { !$known{$_} } keys %raised;
}

# The first column of the table below a heading.
sub first_column
{
	my ($heading) = @_;
	my ($chapter) = $page =~ /^## \Q$heading\E\n(.*?)(?=^## |\z)/ms;

	return $chapter =~ /^\| (?!---)(.*?) \|/mg;
}

my %listed = map { $_ => 1 } map { /\b(\w{5})\b/g } first_column('By SQLSTATE');
cmp_ok(scalar(my @raised = raised($source)), '>', 20, 'the sources raise errors');
is(join(' ', grep { !$listed{$_} } raised($source)), '', 'each SQLSTATE is in the page');
is(join(' ', grep { !$listed{$_} } raised('ERRCODE_DIVISION_BY_ZERO')), '22012',
	'another one would be missed');

# So are the wait events, in another one.
my %events = map { $_ => 1 } map { slurp_file($_) =~ /"(GlueConn\w+)"/g } glob('src/*/*.c');
my %named = map { $_ => 1 } slurp_file('docs/operating.md') =~ /`(GlueConn\w+)`/g;
is(join(' ', sort keys %named), join(' ', sort keys %events), 'each wait event is in docs/operating.md');

my %exceptions = map { $_ => 1 } map { /`(\w+)`/g } first_column("By AWS's exception");
my ($rules) = slurp_file('src/client/call_failure.c') =~ /^(static const ExceptionRule .*?)^\/\*\n \* Texts/ms;
my %constants = slurp_file('src/aws/exception_name.h') =~ /^#define (\w+)\s+("\w+")/mg;
my @rules = map { ($constants{$_} // $_) =~ s/"//gr } $rules =~ /^\t\{("?\w+"?), ERRCODE/mg;
is(join(' ', grep { !$exceptions{$_} } @rules), '', 'each exception of AWS is in the page');
delete @exceptions{@rules};
is(join(' ', sort keys %exceptions), '', 'and no other');

# All texts of the sources, with an ellipsis for each inserted value.
my $texts = join "\n", map {
	join('', /"((?:[^"\\\n]|\\.)*)"/g) =~ s/\\(.)/$1/gr =~ s/%(?:\.\*|ll)?[sdu]/…/gr
} $source =~ /((?:"(?:[^"\\\n]|\\.)*"\s*)+)/g;
my @messages = map { /^`(.*)`$/ } first_column('By message'), first_column('By error code of a request');
cmp_ok(scalar @messages, '>', 30, 'there are messages');
is(join("\n", grep { index($texts, s/^… //r =~ s/connection input has/… has/r) < 0 } @messages), '',
	'each message is in the sources');

done_testing();
