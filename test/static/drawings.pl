# Copyright (c) 2026, glue_conn contributors
#
# The drawings of docs/ agree with their sources; and the check finds one that does
# not, whichever version of pikchr has made it.

use strict;
use warnings;

use Cwd qw(getcwd);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;

my $home = getcwd();

# Draw, or check drawings: returns the exit status and the output.
sub draw
{
	my $output = `$^X test/draw @_ 2>&1`;

	return ($? >> 8, $output);
}

sub read_file
{
	my ($name) = @_;

	open my $handle, '<', $name or die "$name: $!";
	local $/;
	return readline($handle);
}

sub write_file
{
	my ($name, $text) = @_;

	open my $handle, '>', $name or die "$name: $!";
	print $handle $text;
	close $handle;
}

# A check finds that these drawings are out of date, and no others.
sub found
{
	my ($name, @files) = @_;
	my ($status, $output) = draw('--check');

	is("$status $output", (@files ? 1 : 0) . ' ' . join('', map {
		"$_ differs from its source: run \"make drawings\"\n" } @files), $name);
}

found('the drawings are as they should be');

# a small tree, to be drawn
chdir tempdir(CLEANUP => 1) or die;
make_path(qw(docs test src/low src/high));
symlink("$home/$_", $_) or die foreach qw(test/draw test/draw_folders);
write_file('Makefile', "# idea\nLOW_OBJS = \\\n\tsrc/low/a.o\n"
	  . "\n# another\nHIGH_OBJS = \\\n\tsrc/high/b.o\nPURE_OBJS = \$(LOW_OBJS)\n");
write_file('src/low/a.h', '');
write_file('src/high/b.c', qq{#include "low/a.h"\n});
write_file('docs/way.pikchr', "box \"here\"; arrow; box \"there\"\n");

found('nothing is drawn yet', 'docs/way.svg', 'docs/folders.svg');
is((draw())[0], 0, 'drawn');
found('then they are as they should be');
my %drawn = map { $_ => read_file("docs/$_.svg") } qw(folders way);
my $dots = () = $drawn{folders} =~ /<circle/g;
is($dots, 1, 'a folder that includes another');
like($drawn{folders}, qr{>high<.*>another<.*>low<.*>idea<}s, 'from the Makefile');
draw();
is(read_file('docs/way.svg'), $drawn{way}, 'and drawn again, they are the same');

write_file('src/low/a.h', qq{#include "high/b.h"\n});
found('another folder is included', 'docs/folders.svg');
write_file('src/low/a.h', '');

write_file('docs/way.pikchr', "box \"here\"; line; box \"there\"\n");
found('another source with the same texts', 'docs/way.svg');
write_file('docs/way.pikchr', "box \"here\"; arrow; box \"there\"\n");

write_file('docs/way.svg', $drawn{way} =~ s/M\d+/M7/r);
found('a drawing that was changed', 'docs/way.svg');

my $other = $drawn{way} =~ s/fossil [\d.]+/fossil 0.1/r =~ s/M\d+/M7/r;
write_file('docs/way.svg', $other);
found('other places in the drawing of another version');
write_file('docs/way.svg', $other =~ s/>here</>elsewhere</r);
found('other texts in that', 'docs/way.svg');

write_file('docs/way.svg', $drawn{way});
write_file('docs/way.pikchr', "box \"here\n");
my ($status, $output) = draw('--check');
ok($status != 0, 'a source that cannot be drawn fails');
like($output, qr/pikchr ERROR/, 'and it is said why');
{
	local $ENV{PATH} = '/nonexistent';
	($status, $output) = draw('--check');
	ok($status != 0 && $output =~ /fossil is missing/,
		'so it does if there is no pikchr');
}

chdir $home;
done_testing();
