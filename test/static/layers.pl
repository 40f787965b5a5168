# Copyright (c) 2026, glue_conn contributors
#
# The layers are kept.  For each rule, check_layers refuses an example that
# breaks it, and passes it repaired.

use strict;
use warnings;

use Cwd qw(getcwd);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;

my $check = getcwd() . '/test/check_layers';

# A small tree that keeps to the rules, and its objects.
my %sound = (
	'text/low.h' => '',
	'text/low.c' => qq{#include "text/low.h"\n#include <stdio.h>\n},
	'text/high.h' => '',
	'text/high.c' => qq{#include "text/high.h"\n#include "text/low.h"\n},
	'server/compat.h' => qq{#if PG_VERSION_NUM >= 160000\n#endif\n},
	'server/shared.c' => qq{LWLockAcquire(lock);\n},
	'http/http_handle.h' => '',
	'http/http.h' => qq{#include "postgres.h"\n},
	'http/http.c' => qq{#include "http/http_handle.h"\n}
	  . qq{#include <curl/curl.h>\n},
	'store/own_table.h' => '',
	'store/requests.h' => '',
	'store/requests.c' => qq{#include "executor/spi.h"\n}
	  . qq{#include "store/own_table.h"\n}
	  . qq{find("glue_request"); SPI_connect();\n},
	'workers/launcher.c' => qq{RegisterBackgroundWorker(&worker);\n},
	'functions/list.h' => '',
	'functions/list.c' => qq{#include "functions/list.h"\n}
	  . qq{#include "server/compat.h"\n#include "text/high.h"\n}
	  . qq{Datum glue_list(PG_FUNCTION_ARGS);\n},
	'glue_conn.c' => qq{#include "functions/list.h"\n});
my @objects = map { "src/$_.o" }
  qw(text/low text/high server/shared http/http store/requests
  workers/launcher functions/list glue_conn);

# Write the tree with other files and check it: returns the exit status and the
# output.
sub check_tree
{
	my ($changed, @list) = @_;
	my %files = (%sound, %$changed);
	my $directory = tempdir(CLEANUP => 1);
	my $home = getcwd();

	chdir $directory or die;
	foreach my $name (grep { defined $files{$_} } keys %files)
	{
		make_path(dirname("src/$name"));
		open my $handle, '>', "src/$name" or die;
		print $handle $files{$name};
		close $handle;
	}
	@list = @objects unless @list;
	my $output = `$^X $check @list 2>&1`;
	my $status = $? >> 8;
	chdir $home or die;
	return ($status, $output);
}

sub passes
{
	my ($name, @tree) = @_;
	my ($status, $output) = check_tree(@tree);

	ok($status == 0 && $output eq '', $name) or diag($output);
}

# One file is refused with one line, in another form it passes.
sub refused
{
	my ($name, $file, $wrong, $said, $right) = @_;
	my ($status, $output) = check_tree({ $file => $wrong });

	is($status, 1, "$name: refused");
	is($output, "$said\n", "$name: said where");
	passes("$name: repaired", { $file => $right });
}

passes('a tree that keeps to the rules', {});

# the order
refused(
	'a header of a file listed later',
	'text/low.c',
	qq{#include "text/high.h"\n},
	'src/text/low.c:1: text/high.h is of a file listed later',
	qq{#include "text/low.h"\n});
refused(
	'the same in a header',
	'text/low.h',
	qq{\n# include "text/high.h"\n},
	'src/text/low.h:2: text/high.h is of a file listed later',
	qq{\n/*\n# include "text/high.h"\n*/\n// #include "text/high.h"\n});
refused(
	'a header of a folder listed later',
	'http/http.h',
	qq{#include "store/requests.h"\n},
	'src/http/http.h:1: store/requests.h is of a folder listed later',
	qq{#include "text/high.h"\n});
refused(
	'what SQL sees, below',
	'workers/launcher.c',
	qq{#include "functions/list.h"\n},
	'src/workers/launcher.c:1: functions/list.h is of a folder listed later',
	qq{#include "store/requests.h"\n});
my ($status, $output) = check_tree(
	{   'text/parts.h' => qq{#include "text/high.h"\n},
		'text/low.c' => qq{#include "text/parts.h"\n} });
is( $output,
	"src/text/low.c:1: text/high.h is of a file listed later\n",
	'a header without a source hides nothing');
passes(
	'it may be included where what it includes may be',
	{   'text/parts.h' => qq{#include "text/low.h"\n},
		'text/high.c' => qq{#include "text/parts.h"\n} });

# how to include
refused(
	'a source included',
	'text/high.c',
	qq{#include "text/low.c"\n},
	'src/text/high.c:1: text/low.c is no header',
	qq{#include "text/low.h"\n});
refused(
	'a header without its folder',
	'text/high.c',
	qq{#include "low.h"\n},
	'src/text/high.c:1: low.h lacks its folder',
	qq{#include "text/low.h"\n});

# pure folders
refused(
	'a pure file that includes postgres.h',
	'text/low.c',
	qq{#include "postgres.h"\n},
	"src/text/low.c:1: a pure file may not include PostgreSQL's postgres.h",
	qq{#include <string.h>\n});
refused(
	'a pure header that includes a deeper one, in angles',
	'text/high.h',
	qq{#include <utils/jsonb.h>\n},
	"src/text/high.h:1: a pure file may not include PostgreSQL's utils/jsonb.h",
	qq{#include "text/low.h"\n});
refused(
	'a pure file that includes libpq',
	'text/low.c',
	qq{#include <libpq-fe.h>\n},
	"src/text/low.c:1: a pure file may not include PostgreSQL's libpq-fe.h",
	qq{#include <stdlib.h>\n});
refused(
	'a pure file that includes a header of the server\'s side',
	'text/low.c',
	qq{#include "server/compat.h"\n},
	'src/text/low.c:1: server/compat.h is of a folder listed later',
	'');

# code that belongs to one folder
refused(
	'curl elsewhere',
	'functions/list.c',
	qq{#include <curl/curl.h>\n},
	'src/functions/list.c:1: curl/curl.h belongs to http',
	qq{#include "http/http.h"\n});
refused(
	'what has a handle of curl, elsewhere',
	'store/requests.c',
	qq{#include "http/http_handle.h"\n},
	'src/store/requests.c:1: http/http_handle.h belongs to http',
	qq{#include "http/http.h"\n});
refused(
	'a condition on the version elsewhere',
	'server/shared.c',
	qq{#if PG_VERSION_NUM >= 170000\n#endif\n},
	'src/server/shared.c:1: PG_VERSION_NUM belongs to server/compat.h',
	qq{/* not PG_VERSION_NUM */\n});
refused(
	'a lock in shared memory elsewhere',
	'http/http.c',
	qq{\nLWLockAcquire(lock, LW_SHARED);\n},
	'src/http/http.c:2: LWLockAcquire belongs to server',
	qq{\nglue_shared_lock(LW_SHARED);\n});
refused(
	'SPI elsewhere',
	'functions/list.c',
	qq{SPI_connect();\n},
	'src/functions/list.c:1: SPI_connect belongs to store',
	qq{say("SPI_connect"); /* SPI_connect() */\n});
refused(
	'its header elsewhere',
	'workers/launcher.c',
	qq{#include "executor/spi.h"\n},
	'src/workers/launcher.c:1: executor/spi.h belongs to store',
	qq{#include "store/requests.h"\n});
refused(
	'what takes tables apart, elsewhere',
	'functions/list.c',
	qq{#include "store/own_table.h"\n},
	'src/functions/list.c:1: store/own_table.h belongs to store',
	qq{#include "store/requests.h"\n});
refused(
	'a table of ours elsewhere',
	'functions/list.c',
	qq{find("glue_request");\n},
	'src/functions/list.c:1: "glue_request" belongs to store',
	qq{hint("See table \\"glue_request\\".", "glue_request of ours");\n});
refused(
	'an index of it elsewhere',
	'functions/list.c',
	qq{find(schema, "glue_request_open_connection");\n},
	'src/functions/list.c:1: "glue_request_open_connection" belongs to store',
	qq{call("glue_request_connection");\n});
refused(
	'a background worker registered elsewhere',
	'server/shared.c',
	qq{RegisterDynamicBackgroundWorker(&worker, &handle);\n},
	'src/server/shared.c:1: RegisterDynamicBackgroundWorker belongs to workers',
	qq{WaitForBackgroundWorkerShutdown(handle);\n});
refused(
	'a SQL function elsewhere',
	'store/requests.c',
	qq{Datum glue_find(PG_FUNCTION_ARGS);\n},
	'src/store/requests.c:1: PG_FUNCTION_ARGS belongs to functions',
	qq{int glue_find(FunctionCallInfo call);\n});

# exceptions
my @more = map { $_ eq 'src/functions/list.o' ? ('src/workers/procedure.o', $_) : $_ }
  @objects;
passes(
	'an exception passes',
	{ 'workers/procedure.c' => qq{#include "executor/spi.h"\nSPI_commit();\n} },
	@more);
($status, $output) =
  check_tree({ 'workers/procedure.c' => "SPI_commit();\nLWLockRelease(l);\n" },
	@more);
is( $output,
	"src/workers/procedure.c:2: LWLockRelease belongs to server\n",
	'but not for what it does not name');
($status, $output) = check_tree({ 'workers/procedure.c' => '' }, @more);
is( $output,
	"test/check_layers:0: the exception for workers/procedure is not needed\n",
	'and not for ever');

# the list
($status, $output) = check_tree({ 'store/stray.c' => '' });
is($output, "src/store/stray.c:0: not listed in OBJS\n",
	'a source that is not listed: refused');
passes('a header that is not listed', { 'store/stray.h' => '' });
($status, $output) = check_tree({ 'text/high.c' => undef });
is( $output,
	"Makefile:0: src/text/high.o is listed but src/text/high.c is not there\n",
	'an object without a source: refused');
($status, $output) = check_tree({}, grep({ !/text/ } @objects),
	grep({ /text/ } @objects));
like(
	$output,
	qr{^Makefile:0: src/text/low\.o is listed after \./$}m,
	'a folder that is listed too late: refused');
($status, $output) = check_tree({ 'attic/old.h' => '' });
is($output, "src/attic/old.h:0: its folder is not in the table\n",
	'another folder: refused');

$output = `make -s check-layers 2>&1`;
is($?, 0, 'the sources keep to the layers') or diag($output);

done_testing();
