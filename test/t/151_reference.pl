# Copyright (c) 2026, glue_conn contributors
#
# docs/reference.md is complete: it has each function, view, table, setting and
# option, with the texts of the catalog.  Otherwise tmp_check/documents has the
# corrected page; "make documents" copies that.

use strict;
use warnings;

use File::Path qw(make_path);
use GlueConn::Cluster;
use GlueConn::Reference;
use PostgreSQL::Test::Utils;
use Test::More;

my $name = 'docs/reference.md';
my $cluster = GlueConn::Cluster->start(preload => 1);
my $node = $cluster->node;

sub query
{
	return $node->safe_psql('postgres', "LOAD 'glue_conn'; $_[0]");
}

my $page = slurp_file($name);
my $right = GlueConn::Reference->new(\&query)->filled($page);

my @parts = $page =~ /^<!-- made of the catalog: (.*) -->$/mg;
is(join(', ', @parts),
	'functions, views, tables, settings, server options, user mapping options',
	'all parts are there');
ok($page eq $right, "$name agrees with the catalog")
  or diag('run "make documents"');
if ($page ne $right)
{
	my $directory = "$PostgreSQL::Test::Utils::tmp_check/documents";

	make_path($directory);
	append_to_file("$directory/reference.md", $right);
}

# New objects are reported as missing.
$node->safe_psql('postgres', 'CREATE FUNCTION glue_new() RETURNS int LANGUAGE sql'
	  . ' RETURN 1; ALTER EXTENSION glue_conn ADD FUNCTION glue_new()');
isnt(GlueConn::Reference->new(\&query)->filled($right), $right,
	'another function is another page');

# Nothing lacks a comment.
unlike($right, qr/No comment\./, 'each object has a comment');
unlike($right, qr/\| \|$/m, 'and each column and option');

$cluster->finish;
done_testing();
