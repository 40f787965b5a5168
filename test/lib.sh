# test/lib.sh
#
# Common functions of install_packages, run_tests, run_demo, bench/run and
# fuzz/run.
#
# PostgreSQL refuses to run as root; a checkout may be readable only by its owner,
# or read-only.  So there are three parties:
#
#	- the caller, root or not, reads the checkout
#	- the worker, never root, builds and tests in a private copy of the
#	  checkout, with an environment of its own: no setting of the caller for
#	  AWS, PostgreSQL or proxies changes a result
#	- root runs only apt-get and "make install"
#
# The worker is the caller, unless that is root; then it is the user postgres,
# or nobody where PostgreSQL was installed without one.

# shellcheck shell=bash

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
umask 022

# make's own variables are of no use to a make that is started in the copy.
unset MAKEFLAGS MFLAGS MAKELEVEL

die()
{
	echo "$(basename "$0"): $*" >&2
	exit 1
}

as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		echo "Only root may do this: $*" >&2
		echo "Run this as root, or install sudo and let $(id -un) use it." >&2
		return 1
	fi
}

# Find a clang that can make fuzzers: sets clang.  That is CLANG, or else
# "clang", or else the newest of those with their version in the name.  If
# none can, for want of their run-time libraries, it sets the first of them.
find_clang()
{
	local names=("${CLANG:-}") name

	clang=
	[ -n "${CLANG:-}" ] || mapfile -t names < <(echo clang
		compgen -c clang- | grep -x 'clang-[0-9]*' | sort -u -t - -k 2nr)
	for name in "${names[@]}"; do
		command -v "$name" >/dev/null || continue
		can_fuzz "$name" && clang=$name && return
		[ -n "$clang" ] || clang=$name
	done
	return 1
}

can_fuzz()
{
	local program status

	program=$(mktemp) || return
	echo 'int LLVMFuzzerTestOneInput(const char *d, long n) { return 0; }' |
		"$1" -fsanitize=fuzzer,address,undefined -x c -o "$program" - \
			>/dev/null 2>&1
	status=$?
	rm -f "$program"
	return $status
}

# Run a command quietly; its output is shown if it fails.
quietly()
{
	local log

	log=$(mktemp) || return 1
	if "$@" >"$log" 2>&1 </dev/null; then
		rm -f "$log"
	else
		cat "$log" >&2
		rm -f "$log"
		return 1
	fi
}

# Find the PostgreSQL to build for: sets PG_CONFIG and bindir.
find_postgres()
{
	PG_CONFIG=$(command -v "${PG_CONFIG:-pg_config}") ||
		die "${PG_CONFIG:-pg_config} is missing"
	bindir=$("$PG_CONFIG" --bindir)
	pgxs=$("$PG_CONFIG" --pgxs)
	pgxs=${pgxs%/makefiles/pgxs.mk}
}

# Make the scratch directory, which is removed at the exit of the script.  It is not
# under TMPDIR, which may be root's own.
make_scratch()
{
	worker=$(id -un)
	if [ "$(id -u)" = 0 ]; then
		worker=postgres
		id "$worker" >/dev/null 2>&1 || worker=nobody
	fi
	scratch=$(mktemp -d /var/tmp/glue_conn.XXXXXX) || exit 1
	copy=$scratch/glue_conn
	trap clean_up EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	mkdir "$scratch/tmp"
	chown -R "$worker" "$scratch"
}

# The files of a server stay until it ends, even if its test has died.
clean_up()
{
	local file

	find "$scratch" -name postmaster.pid 2>/dev/null |
		while read -r file; do
			as_worker pg_ctl stop -s -m immediate -D "$(dirname "$file")"
		done
	if [ -n "${KEEP:-}" ]; then
		echo "Kept: $scratch" >&2
	else
		rm -rf "$scratch"
	fi
}

# Run a command as the worker, in the copy.
as_worker()
{
	local identity=()

	if [ "$(id -u)" = 0 ]; then
		identity=(setpriv "--reuid=$worker" "--regid=$(id -g "$worker")"
			--clear-groups --)
	fi
	(
		cd "$copy" &&
			exec "${identity[@]}" env -i "${worker_environment[@]}" "$@"
	) </dev/null
}

# Copy the checkout, which may be read-only, to a place where the worker can write.
copy_checkout()
{
	worker_environment=(
		HOME="$scratch" TMPDIR="$scratch/tmp" USER="$worker" LOGNAME="$worker"
		LC_ALL=C.UTF-8 PG_CONFIG="$PG_CONFIG"
		# no test may ask this machine's own metadata service, if it has one
		AWS_EC2_METADATA_DISABLED=true
		PATH="$bindir:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
	)
	if ! {
		tar -C "$top" --exclude-vcs --exclude-vcs-ignores \
			--exclude='*.o' --exclude='*.so' --mode=u+rwX -cf "$scratch/copy.tar" . &&
			mkdir "$copy" && chown "$worker" "$copy" &&
			as_worker tar -xf "$scratch/copy.tar"
	}; then
		die "could not copy $top to $copy"
	fi
	rm "$scratch/copy.tar"
}

# Build the extension in the copy.
build()
{
	quietly as_worker make -s -j"$(nproc)" "COPT=${COPT:-}" all
}

# Install the extension; with root's rights unless the caller owns PostgreSQL.
install_extension()
{
	local root=(as_root)

	if [ -w "$("$PG_CONFIG" --pkglibdir)" ] &&
		[ -w "$("$PG_CONFIG" --sharedir)/extension" ]; then
		root=()
	fi
	quietly "${root[@]}" env -i "${worker_environment[@]}" \
		make -C "$copy" "COPT=${COPT:-}" install
}

# Make the Python environment of the peers and of pgspot, or find the one that an
# earlier run made from the same requirements: sets python.  It belongs to the
# caller, whose settings pip honours, and the worker can read it.
make_python()
{
	local cache=${GLUE_CONN_CACHE:-/var/tmp/glue_conn-$(id -u)}
	local key environment

	key=$({ python3_of_system --version; cat "$top/test/requirements.txt"; } |
		sha256sum | cut -c1-16)
	environment=$cache/python-$key
	python=$environment/bin/python

	mkdir -p "$cache" || return
	if [ -n "$(find "$cache" -maxdepth 0 -not -user "$(id -u)")" ]; then
		echo "$cache belongs to someone else: set GLUE_CONN_CACHE" >&2
		return 1
	fi
	(
		flock 9
		if [ ! -e "$environment/complete" ] ||
			! "$python" -c 'import boto3, moto, pgspot' 2>/dev/null; then
			echo "Installing the tests' Python packages" >&2
			rm -rf "$environment"
			quietly python3_of_system -m venv "$environment" &&
				quietly "$python" -m pip install --no-input \
					--only-binary=:all: -r "$top/test/requirements.txt" &&
				touch "$environment/complete"
		fi
	) 9>"$cache/lock"
}

# Debian's own: another one that the caller has may be out of the worker's reach.
python3_of_system()
{
	PATH=/usr/bin:/bin:$PATH python3 "$@"
}
