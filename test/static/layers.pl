# Copyright (c) 2026, glue_conn contributors
#
# The layers are kept, and check_layers sees each way of breaking them.

use strict;
use warnings;

use Cwd qw(getcwd);
use File::Temp qw(tempdir);
use Test::More;

my $check = getcwd() . '/test/check_layers';

# Write a small tree that keeps to the rules, but for the files given, and
# check it: returns the exit status and what was printed.
sub check_tree
{
	my (%changed) = @_;
	my %files = (
		'low.h' => '',
		'low.c' => qq{#include "low.h"\n#include <stdio.h>\n},
		'high.h' => '',
		'high.c' => qq{#include "high.h"\n#include "low.h"\n},
		'compat.h' => qq{#if PG_VERSION_NUM >= 160000\n#endif\n},
		'http.h' => qq{#include "postgres.h"\n},
		'http.c' => qq{#include "http.h"\n#include <curl/curl.h>\n},
		'top.c' => qq{#include "postgres.h"\n#include "compat.h"\n}
		  . qq{#include "http.h"\n#include "high.h"\n},
		%changed);
	my $directory = tempdir(CLEANUP => 1);
	my $home = getcwd();

	chdir $directory or die;
	mkdir 'src' or die;
	foreach my $name (grep { defined $files{$_} } keys %files)
	{
		open my $handle, '>', "src/$name" or die;
		print $handle $files{$name};
		close $handle;
	}
	my $output =
	  `$^X $check src/low.o src/high.o -- src/http.o src/top.o 2>&1`;
	my $status = $?;
	chdir $home or die;
	return ($status, $output);
}

sub refused
{
	my ($name, $changed, $expected) = @_;
	my ($status, $output) = check_tree(%$changed);

	is($status >> 8, 1, "$name: refused");
	is($output, "$expected\n", "$name: said where");
}

my ($status, $output) = check_tree();
is($status, 0, 'a tree that keeps to the rules passes');
is($output, '', 'and nothing is printed');

refused(
	'a header of a file listed later',
	{ 'low.c' => qq{#include "high.h"\n} },
	'src/low.c:1: high.h is of a file listed later');
refused(
	'the same in a header',
	{ 'low.h' => qq{\n# include "high.h"\n} },
	'src/low.h:2: high.h is of a file listed later');
refused(
	'the same among the files of the server',
	{ 'http.h' => '', 'http.c' => qq{#include "top.h"\n}, 'top.h' => '' },
	'src/http.c:1: top.h is of a file listed later');
refused(
	'a source included',
	{ 'high.c' => qq{#include "low.c"\n} },
	'src/high.c:1: low.c is no header');
refused(
	'a pure file that includes postgres.h',
	{ 'low.c' => qq{#include "postgres.h"\n} },
	"src/low.c:1: a pure file may not include PostgreSQL's postgres.h");
refused(
	'a pure header that includes a deeper one, in angles',
	{ 'high.h' => qq{#include <utils/jsonb.h>\n} },
	"src/high.h:1: a pure file may not include PostgreSQL's utils/jsonb.h");
refused(
	'a pure file that includes libpq',
	{ 'low.c' => qq{#include <libpq-fe.h>\n} },
	"src/low.c:1: a pure file may not include PostgreSQL's libpq-fe.h");
refused(
	'a pure file that includes compat.h',
	{ 'low.c' => qq{#include "compat.h"\n} },
	'src/low.c:1: a pure file may not include compat.h');
refused(
	'curl elsewhere',
	{ 'top.c' => qq{#include <curl/curl.h>\n} },
	'src/top.c:1: only http.c may include curl/curl.h');
refused(
	'curl in the header of http.c',
	{ 'http.h' => qq{#include <curl/multi.h>\n} },
	'src/http.h:1: only http.c may include curl/multi.h');
refused(
	'a condition on the version elsewhere',
	{ 'top.c' => qq{#if PG_VERSION_NUM >= 170000\n#endif\n} },
	'src/top.c:1: only compat.h may look at PG_VERSION_NUM');
refused(
	'a source that is not listed',
	{ 'stray.c' => '' },
	'src/stray.c:0: not listed in OBJS');
refused(
	'an object without a source',
	{ 'high.c' => undef },
	'Makefile:0: src/high.o is listed but src/high.c is not there');

$output = `make -s check-layers 2>&1`;
is($?, 0, 'the sources keep to the layers') or diag($output);

done_testing();
