# Copyright (c) 2026, glue_conn contributors
#
# The README and the pages of docs/ are correct: a session behaves as shown.
#
# Each page has a new database, shop, and an empty local Glue.  Its blocks are
# run in their order, all SQL in one session of psql, and their output is
# compared with the page; see GlueConn::Document for the form of a page.  The
# database has the extension, unless the page itself creates it.
#
# If the output differs, tmp_check/documents has the corrected page.  Check it,
# and copy it if the new output is intended.

use strict;
use warnings;

use Encode qw(decode encode);
use File::Path qw(make_path);
use GlueConn::Cluster;
use GlueConn::Document;
use IPC::Open3;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $most_not_run = 25;
my $seconds_for_a_block = 60;

my $cluster = GlueConn::Cluster->start(
	preload => 1,
	secret_key => 1,
	asks_account => 1,
	conf => "glue_conn.region = 'eu-central-1'\n"
	  . "timezone = 'UTC'\nmax_worker_processes = 16\nwal_level = logical\n");
my $node = $cluster->node;
my $places = "$PostgreSQL::Test::Utils::tmp_check/documents";
my @not_run;

# psql as a user has it, with the words of both of its outputs in their order.
sub start_psql
{
	my ($directory) = @_;
	my $pid = open3(my $input, my $output, undef, 'env', '-C', $directory,
		'psql', '-X', '-d', 'shop');

	return { pid => $pid, input => $input, output => $output, marks => 0 };
}

# psql's output for a block.
sub run_sql
{
	my ($psql, $sql) = @_;
	my $mark = 'end of block ' . ++$psql->{marks};
	my $output = '';
	my $late = time + $seconds_for_a_block;

	syswrite $psql->{input}, encode('UTF-8', $sql) . "\\echo $mark\n" or return "psql is gone\n";
	while ($output !~ s/^\Q$mark\E\n\z//m)
	{
		my $bits = '';

		vec($bits, fileno $psql->{output}, 1) = 1;
		return "${output}took longer than $seconds_for_a_block s\n"
		  unless select($bits, undef, undef, $late > time ? $late - time : 0);
		sysread $psql->{output}, $output, 65536, length $output
		  or return "${output}psql has ended\n";
	}
	return decode('UTF-8', $output);
}

# The shell's output, up to the first command that fails.
sub run_shell
{
	my ($directory, $text) = @_;
	my $pid = open3(my $input, my $output, undef, 'timeout', $seconds_for_a_block,
		'env', '-C', $directory, 'bash', '-eu', '-c', encode('UTF-8', $text));

	close $input;
	local $/;
	my $printed = decode('UTF-8', readline($output) // '');
	waitpid $pid, 0;
	return $printed . ($? ? 'exit status ' . ($? >> 8) . "\n" : '');
}

# Announce the next block to the local Glue.
sub tell_glue
{
	my ($told) = @_;

	$cluster->glue->_control(@$told) if $told;
	return;
}

# Run the blocks of a page and compare; returns the page as it would be right.
sub run_page
{
	my ($document, $name, $directory) = @_;
	my $psql = start_psql($directory);

	foreach my $block ($document->to_run)
	{
		my $where = "$name:$block->{line}: $block->{kind}";

		tell_glue($block->{told});
		my $output = $block->{kind} eq 'sql' ? run_sql($psql, $block->{text})
		  : run_shell($directory, $block->{text});

		if ($block->{output} ? $document->is_output($block, $output)
			: $output =~ /^(?:[A-Z ]+(?: \d+)*\n)*\z/)
		{
			pass($where);
			next;
		}
		fail($where);
		diag(encode('UTF-8', "$block->{text}prints:\n$output"
			  . ($block->{output} ? "and not:\n$block->{output}{text}" : '')));
		$document->correct($block, $output);
	}
	syswrite $psql->{input}, "\\q\n";
	close $psql->{input};
	waitpid $psql->{pid}, 0;
	return $document->text;
}

# All settings that a block shows as those of postgresql.conf are there.
sub check_settings
{
	my ($document, $name) = @_;

	foreach my $block ($document->blocks('conf'))
	{
		my @names = $block->{text} =~ /^#?([\w.]+) *=/mg;
		my $known = $node->safe_psql('postgres', 'SELECT count(*) FROM pg_settings'
			  . ' WHERE name IN (' . join(', ', map { "'$_'" } @names) . ')');

		is($known, scalar @names, "$name:$block->{line}: these settings are there");
	}
	return;
}

# A server as it was: no database, no roles, and nothing in AWS.
sub clean_up
{
	my ($roles) = @_;

	$node->safe_psql('postgres', 'DROP DATABASE shop WITH (FORCE)');
	$node->safe_psql('postgres', $node->safe_psql('postgres',
		"SELECT format('DROP ROLE %I;', rolname) FROM pg_roles"
		  . " WHERE rolname NOT IN ($roles)"));
	$cluster->glue->reset;
	return;
}

sub test_page
{
	my ($name) = @_;
	my $document = GlueConn::Document->read($name);
	my $directory = "$places/" . $name =~ s/\W/_/gr;
	my $roles = $node->safe_psql('postgres',
		"SELECT string_agg(quote_literal(rolname), ', ') FROM pg_roles");

	make_path($directory);
	$node->safe_psql('postgres', 'CREATE DATABASE shop');
	$node->safe_psql('shop', 'CREATE EXTENSION glue_conn')
	  unless grep { $_->{text} =~ /^CREATE EXTENSION.* glue_conn/m } $document->to_run;
	check_settings($document, $name);
	my $right = encode('UTF-8', run_page($document, $name, $directory));

	append_to_file("$places/" . $name =~ s{.*/}{}r, $right)
	  if $right ne slurp_file($name);
	push @not_run, $document->not_run;
	clean_up($roles);
	return;
}

local %ENV = (
	%ENV,
	PGHOST => $node->host, PGPORT => $node->port, PGUSER => 'postgres',
	PGDATABASE => 'shop', HOME => PostgreSQL::Test::Utils::tempdir(),
	PGDATA => $node->data_dir, PGOPTIONS => '', PGCLIENTENCODING => 'UTF8');
my @pages = @ARGV ? @ARGV : ('README.md', sort glob('docs/*.md'));

test_page($_) foreach @pages;

my %count;
$count{$_}++ foreach @not_run;
note('blocks that are not run: ' . join(', ', map { "$_ $count{$_}" } sort keys %count));
cmp_ok(scalar @not_run, '<=', $most_not_run, 'few blocks are not run');
$cluster->finish;
done_testing();
