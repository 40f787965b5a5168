# Copyright (c) 2026, glue_conn contributors
#
# The C sources are formatted as pg_bsd_indent formats them.

use strict;
use warnings;

use Test::More tests => 1;

my $output = `test/format --check 2>&1`;
is($?, 0, 'the sources are formatted') or diag($output);
