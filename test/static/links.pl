# Copyright (c) 2026, glue_conn contributors
#
# The references of the documentation are valid: in every Markdown file, relative
# links lead to files, and their anchors to headings; and paths in backticks exist,
# relative to the top of the repository, to src/ or to the file itself.  The check
# finds invalid ones.

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Find qw(find);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;

sub read_file
{
	my ($name) = @_;

	open my $handle, '<:utf8', $name or die "$name: $!";
	local $/;
	return readline($handle) // '';
}

# A Markdown file without its blocks of code.
sub read_prose
{
	return read_file($_[0]) =~ s{^(```|~~~).*?^\1}{}gmsr;
}

# The anchors of a Markdown file, as GitHub makes them of its headings.
sub anchors
{
	my ($file) = @_;
	my (%anchors, %count);

	foreach my $heading (read_prose($file) =~ /^#+ +(.*?) *$/mg)
	{
		my $anchor = lc $heading =~ s/\[([^\]]*)\]\([^)]*\)/$1/gr;

		$anchor =~ s/[^\w\- ]//g;
		$anchor =~ tr/ /-/;
		$anchors{ $anchor . ($count{$anchor} ? "-$count{$anchor}" : '') } = 1;
		$count{$anchor}++;
	}
	return \%anchors;
}

# The fault of a link in a file, or nothing.
sub link_fault
{
	my ($file, $link) = @_;

	return if $link =~ /^[a-z]+:/;
	my ($path, $anchor) = $link =~ /^([^#]*)(?:#(.*))?$/;
	my $to = $path eq '' ? $file : dirname($file) . "/$path";

	return "no such file: $link" unless $path !~ m{^/} && -e $to;
	return if !defined $anchor;
	return "no such heading: $link" unless $to =~ /\.md$/ && anchors($to)->{$anchor};
	return;
}

# Likewise of text in backticks.  It is a path if it begins with a folder of ours;
# the name of a source may lack its ending, that of a group ends with a star.
sub path_fault
{
	my ($file, $text) = @_;

	return if $text !~ m{^[\w.-]+(?:/[\w.*-]*)+$};
	my ($first) = $text =~ m{^([^/]+)};
	my @from = grep { -d "$_/$first" } '.', 'src', dirname($file);

	return if !@from || grep { -e } map { ("$_.c", "$_.h", glob) }
	  map { "$_/$text" } @from;
	return "no such path: $text";
}

# The faults of the Markdown files of the current directory, a line each.
sub faults
{
	my @files;

	find({ no_chdir => 1, wanted => sub {
		$File::Find::prune = 1 if m{/(?:\.git|tmp_check)$};
		push @files, s{^\./}{}r if /\.md$/;
	} }, '.');
	return join '', map {
		my $file = $_;
		my $prose = read_prose($file);
		my @paths = $prose =~ /`([^`\n]+)`/g;
		$prose =~ s/`[^`]*`/`/g;
		my @links = $prose =~ /\]\(\s*([^)\s]+)[^)]*\)|^\[[^\]]+\]:\s*(\S+)|\b(?:src|href)="([^"]+)"/mg;

		map { "$file: $_\n" } (map { link_fault($file, $_) } grep { defined } @links),
		  map { path_fault($file, $_) } @paths;
	} sort @files;
}

is(faults(), '', 'the documentation refers to what is there');

# a small tree, with one thing to refer to of each kind
chdir tempdir(CLEANUP => 1) or die;
make_path(qw(docs src/low));
my %files = (
	'README.md' => "# Top\n\n## Calls & `glue_x()`\n\n## Twice\n\n## Twice\n",
	'src/low/a.c' => '',
	'docs/a.md' => '');

# The faults of a file of this text in docs/.
sub faults_with
{
	$files{'docs/a.md'} = $_[0];
	foreach my $name (keys %files)
	{
		open my $handle, '>', $name or die;
		print $handle $files{$name};
		close $handle;
	}
	return faults();
}

is(faults_with($_), '', 'fine: ' . tr/\n/ /r)
  foreach '[a](../README.md)', '[a](../README.md#calls--glue_x)',
  '[a](../README.md#twice-1)', "# Here\n[a](#here)", '![a](a.md "title")',
  '[a](https://example.com/none#where)', "```\n[a](none.md)\n```", '`[a](none.md)`',
  '`src/low/a.c`', '`low/a`', '`src/low/`', '`src/low/*`', '`image/png`', '`a/b`';
is(faults_with($_->[0]), "docs/a.md: $_->[1]\n", 'a fault: ' . $_->[0] =~ tr/\n/ /r)
  foreach [ '[a](none.md)', 'no such file: none.md' ],
  [ '[a](/README.md)', 'no such file: /README.md' ],
  [ '[a](README.md)', 'no such file: README.md' ],
  [ "[a][b]\n\n[b]: none.md", 'no such file: none.md' ],
  [ '<img src="none.svg">', 'no such file: none.svg' ],
  [ '[a](../README.md#bottom)', 'no such heading: ../README.md#bottom' ],
  [ '[a](../README.md#twice-2)', 'no such heading: ../README.md#twice-2' ],
  [ "```\n# Here\n```\n[a](#here)", 'no such heading: #here' ],
  [ '`src/low/b.c`', 'no such path: src/low/b.c' ],
  [ '`low/b`', 'no such path: low/b' ],
  [ '`src/high/*`', 'no such path: src/high/*' ];

chdir '/';
done_testing();
