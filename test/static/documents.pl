# Copyright (c) 2026, glue_conn contributors
#
# The pages have the form that GlueConn::Document reads, and JSON in them is JSON;
# and the checks find each violation.  test/t/150_documents.pl runs the pages.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use GlueConn::Document;
use JSON::PP;
use Test::More;

my $most_bytes = 12000;

sub slurp
{
	open my $handle, '<', $_[0] or die "$_[0]: $!\n";
	local $/;
	return readline $handle;
}

foreach my $name ('README.md', sort glob('docs/*.md'))
{
	my $document = GlueConn::Document->read($name);

	is(join("\n", $document->faults), '', "$name: its blocks are in order");
	is(eval { JSON::PP->new->decode($_->{text}); '' } // $@,
		'', "$name:$_->{line}: this is JSON")
	  foreach $document->blocks('json');
}
cmp_ok(-s 'README.md', '<=', $most_bytes, "the README has $most_bytes bytes at most");

# The policies name the actions of AWS Glue that the extension uses, and no others.
my $policies = join '', map { $_->{text} } GlueConn::Document->read('docs/install.md')->blocks('json');
my %actions = map { $_ => 1 } $policies =~ /"glue:(\w+)"/g;
my %operations = map { $_ => 1 } slurp('src/glue/model_data.c') =~ /\{"(\w+)", \w+, \d+, \(const/g;
is(join(' ', sort keys %actions), join(' ', sort keys %operations),
	'the policies of docs/install.md allow what is asked for');

# The faults of a page of these lines.
sub faults
{
	return join "\n", GlueConn::Document->new('x.md', join "\n", @_)->faults;
}

my @block = ('```sql', 'SELECT 1;', '```');

is(faults(@$_), '', "fine: @$_")
  foreach [ @block, '', '```output', '1', '```' ], [ '<!-- not run: AWS -->', @block ],
  [ '* a', '', '    * b' ], [ '<!-- made of the catalog: x -->', '', '<!-- end of that -->' ],
  [ @block, '', '<!-- figures vary -->', '```output', '1', '```' ],
  [ '<!-- local Glue: POST /misbehave {"kind": "stall"} -->', @block ];
is(faults(@{ $_->[0] }), "x.md:$_->[1]", "a fault: @{ $_->[0] }")
  foreach [ [ '```', 'x', '```' ], '1: unknown kind of block: ""' ],
  [ [ '```perl', 'x', '```' ], '1: unknown kind of block: "perl"' ],
  [ ['```sql'], '1: a block that does not end' ],
  [ [ 'x', '', '    SELECT 1;' ], '3: a block that is not in a fence' ],
  [ [ '```output', '1', '```' ], '1: an output of no block' ],
  [ [ '<!-- not run: lazy -->', @block ], '1: unknown mark: not run: lazy' ],
  [ [ '<!-- figures vary -->', @block ], '1: unknown mark: figures vary' ],
  [ [ '<!-- not run: AWS -->', '', @block ],
	'1: a comment that is before no block: <!-- not run: AWS -->' ];

# Does the real output match the expected one?
sub is_output
{
	my ($expected, $real, @mark) = @_;
	my $document = GlueConn::Document->new('x.md',
		join "\n", @block, '', @mark, '```output', $expected, '```');
	my ($run) = $document->to_run;

	return $document->is_output($run, "$real\n") ? 1 : 0;
}

is(is_output(@$_), 1, "the same: $_->[0] and $_->[1]")
  foreach [ 'a', 'a' ], [ ' a  | b', ' a | b' ], [ '----+--', '---+---' ],
  [ '2026-11-30 12:00:00+00', '2027-01-01 00:00:00.123+01' ],
  [ 'https://localhost:1', 'https://localhost:4711' ], [ '/tmp/a/ca.crt', '/tmp/b.crt' ],
  [ 'ID d84d1f51-47fe-4f81-a2c6-e404032ed53a', 'ID 00000000-0000-4000-8000-000000000000' ],
  [ '1.5 s', '23.75 s', '<!-- figures vary -->' ];
is(is_output(@$_), 0, "another: $_->[0] and " . $_->[1] =~ tr{\n}{ }r)
  foreach [ 'a', 'b' ], [ '1', '2' ], [ 'a', "a\nb" ], [ 'a | b', 'ab' ],
  [ '1 s', '2 m', '<!-- figures vary -->' ];

# The corrections of a document.
my $document = GlueConn::Document->new('x.md', join "\n", 'Text', @block, '',
	'```output', 'old', 'older', '```', @block, 'End');

$document->correct($_, "new \n\n") foreach $document->to_run;
is($document->text, join("\n", 'Text', @block, '', '```output', 'new', '```',
		@block, '', '```output', 'new', '```', 'End'), 'outputs are corrected');

done_testing();
