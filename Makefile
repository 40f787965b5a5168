# Makefile of glue_conn
#
# OBJS is listed bottom layer first.  A file may include only headers of its
# own and of files listed before it, and a pure file none of PostgreSQL's:
# "make check-layers" enforces both, so this list is also the architecture.
#
# Two targets do everything on a fresh machine, and need nothing installed:
#
#	make demo	build, start a private PostgreSQL and the local Glue, and
#				create a connection
#	make test	run every test
#
# The usual ones (all, install, installcheck, clean) are PGXS's, and need the
# packages that test/install_packages names.

EXTENSION = glue_conn
MODULE_big = glue_conn
PGFILEDESC = "glue_conn - control plane for AWS Glue connections"
DATA = sql/glue_conn--1.0.sql

# Layer 1: knows AWS and JSON, includes no PostgreSQL header, and is linked
# into the unit tests and fuzzers as it is.
PURE_OBJS = \
	src/json_reader.o \
	src/json_tree.o \
	src/model_data.o \
	src/model.o \
	src/needles.o \
	src/secret_name.o \
	src/secret_value.o \
	src/secret_form.o \
	src/secret_search.o \
	src/secret_login.o \
	src/secret_markup.o \
	src/secret_text.o \
	src/redact_string.o \
	src/redact.o \
	src/secret_digest.o \
	src/seal_keys.o \
	src/seal.o \
	src/text_buffer.o \
	src/database_address.o \
	src/jdbc_url.o \
	src/source_url.o \
	src/violation.o \
	src/rules.o \
	src/validate_rules.o \
	src/validate.o \
	src/shown_secret.o \
	src/compare.o \
	src/normalize.o \
	src/credential_loss.o \
	src/observation.o \
	src/algorithms.o \
	src/sigv4_request.o \
	src/sigv4.o \
	src/endpoint.o \
	src/identity.o \
	src/retry.o \
	src/aws/rate_limit.o \
	src/invocation.o \
	src/query_form.o \
	src/clean_text.o \
	src/xml_text.o \
	src/reply.o \
	src/answer.o \
	src/clock_skew.o \
	src/ownership.o \
	src/profile_set.o \
	src/profile_file.o \
	src/configuration.o \
	src/credential_sources.o \
	src/profile_chain.o \
	src/credential_plan.o \
	src/credential_reply.o \
	src/endpoint_config.o

# Layer 2: knows PostgreSQL.
SERVER_OBJS = \
	src/crash_point.o \
	src/settings.o \
	src/session_settings.o \
	src/shared_state.o \
	src/service.o \
	src/queue_wake.o \
	src/journal_box.o \
	src/caller_status.o \
	src/journal_lock.o \
	src/secret_memory.o \
	src/home.o \
	src/foreign_code.o \
	src/own_table.o \
	src/subtransaction.o \
	src/impersonation.o \
	src/kept_plan.o \
	src/encoding.o \
	src/jsonb_tree.o \
	src/result_row.o \
	src/poll_set.o \
	src/http_handle.o \
	src/http.o \
	src/errors.o \
	src/known_outcome.o \
	src/read_file.o \
	src/secret_key_file.o \
	src/sealed_input.o \
	src/shared_files.o \
	src/server_options.o \
	src/foreign_server.o \
	src/foreign_database.o \
	src/target.o \
	src/connection_lock.o \
	src/credential_cache.o \
	src/metadata.o

# Layer 3: puts the two together.
COMPOSE_OBJS = \
	src/signed_request.o \
	src/call.o \
	src/client.o \
	src/pages.o \
	src/sts.o \
	src/account.o \
	src/credential_chain.o \
	src/name_store.o \
	src/mirror_row.o \
	src/row_insert.o \
	src/mirror.o \
	src/secret_key.o \
	src/request_seal.o \
	src/request_secret.o \
	src/request_row.o \
	src/request_queue.o \
	src/intent.o \
	src/row_move.o \
	src/claimant.o \
	src/request_claim.o \
	src/request_home.o \
	src/undo_evidence.o \
	src/request_notice.o \
	src/intent_resolve.o

# Layer 4: what the server calls.
ENTRY_OBJS = \
	src/arguments.o \
	src/function_call.o \
	src/open_lists.o \
	src/immediate.o \
	src/tags.o \
	src/record.o \
	src/operation.o \
	src/operation_existing.o \
	src/undo.o \
	src/immediate_operation.o \
	src/local_functions.o \
	src/functions.o \
	src/bulk_functions.o \
	src/change_functions.o \
	src/list_functions.o \
	src/sync_functions.o \
	src/wait_function.o \
	src/test_function.o \
	src/tag_functions.o \
	src/type_functions.o \
	src/enqueue.o \
	src/enqueue_functions.o \
	src/request_functions.o \
	src/trigger_arguments.o \
	src/trigger.o \
	src/connection_builder.o \
	src/builders.o \
	src/work_target.o \
	src/queue_job.o \
	src/job_answer.o \
	src/job_record.o \
	src/job_claim.o \
	src/request_change_functions.o \
	src/queue_transaction.o \
	src/queue_run.o \
	src/process_procedure.o \
	src/worker_settings.o \
	src/database_worker.o \
	src/worker.o \
	src/journal_worker.o \
	src/launcher.o \
	src/drop_warning.o \
	src/glue_conn.o

OBJS = $(PURE_OBJS) $(SERVER_OBJS) $(COMPOSE_OBJS) $(ENTRY_OBJS)

LIBRARIES = libcurl libcrypto json-c expat
PG_CPPFLAGS = -I$(srcdir)/src $(shell pkg-config --cflags $(LIBRARIES))
PG_CFLAGS = -Wall -Wextra -Wshadow=compatible-local -Wno-unused-parameter \
	-Wno-sign-compare -Wno-missing-field-initializers
# "make CRASH_POINTS=1" is for tests of crashes: see crash_point.c.
ifdef CRASH_POINTS
PG_CPPFLAGS += -DGLUE_CRASH_POINTS
endif
SHLIB_LINK = $(shell pkg-config --libs $(LIBRARIES))

REGRESS = install validate redact create bulk bad_input privileges settings servers \
	builders summary test_connection tags connection_types requests trigger
REGRESS_OPTS = --encoding=UTF8
ISOLATION = queue_work queue_wait rows
ISOLATION_OPTS = --inputdir=test/isolation --load-extension=glue_conn
TAP_TESTS = 1
PROVE_TESTS = test/t/*.pl

# the first target is what "make" alone makes
all:

# What the targets below need that a fresh machine may not have is installed
# by the scripts that they start; PGXS itself may be missing before that.
PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)

.PHONY: demo test bench fuzz update-model

demo:
	@test/run_demo

test:
	@test/run_tests

bench:
	@test/bench/run

# how long each of the fuzzers runs
SECONDS = 50

fuzz:
	@test/fuzz/run $(SECONDS)

update-model:
	@test/update_model

ifneq ($(wildcard $(PGXS)),)

# JIT bitcode is of no use to code that waits for the network, and would ask
# for the clang that PostgreSQL was built with.
override with_llvm = no

# PGXS asks for EXTRA_CLEAN when it is included.
UNIT_TESTS = $(patsubst %.c,%,$(wildcard $(srcdir)/test/unit/unit_*.c)) \
	test/unit/sign_requests
FUZZERS = $(patsubst %.c,%,$(wildcard $(srcdir)/test/fuzz/fuzz_*.c))
INSTRUMENTED = test/fuzz/instrumented
EXTRA_CLEAN = $(UNIT_TESTS) $(FUZZERS) $(INSTRUMENTED)

include $(PGXS)

# PGXS tracks no header dependencies on most installations.
$(OBJS): $(wildcard $(srcdir)/src/*.h $(srcdir)/src/*/*.h $(srcdir)/src/*.def)

.PHONY: unit-tests fuzzers check-layers check-exports check-format

unit-tests: $(UNIT_TESTS)

$(UNIT_TESTS): %: %.c $(wildcard $(srcdir)/test/unit/*.h) $(PURE_OBJS)
	$(CC) $(CPPFLAGS) $(CFLAGS) -I$(srcdir)/src -o $@ $< $(PURE_OBJS) $(SHLIB_LINK) -lpthread -lm

# "make fuzzers" makes programs that replay their corpus, for the tests.  Given
# clang and the sanitizers to use, it makes programs that fuzz instead:
#
#	make fuzzers CC=clang FUZZ=-fsanitize=fuzzer,address,undefined
#	test/fuzz/instrumented/fuzz_reply a_scratch_directory test/fuzz/corpus/reply
#
# "make fuzz" does that for all of them: see test/fuzz/run.
ifndef FUZZ

fuzzers: $(FUZZERS)

$(FUZZERS): %: %.c $(wildcard $(srcdir)/test/fuzz/*.h) $(PURE_OBJS)
	$(CC) $(CPPFLAGS) $(CFLAGS) -I$(srcdir)/src -o $@ $< $(PURE_OBJS) $(SHLIB_LINK) -lm

else

# libFuzzer sees only code that is compiled for it, so the pure objects are
# compiled once more, in a place of their own.  PostgreSQL's flags, which are
# meant for another compiler and for production, are not used.
INSTRUMENTED_FUZZERS = $(addprefix $(INSTRUMENTED)/,$(notdir $(FUZZERS)))
INSTRUMENTED_OBJS = $(PURE_OBJS:src/%=$(INSTRUMENTED)/%)
FUZZ_COMPILE = $(CC) -g -O1 -fno-omit-frame-pointer -D_GNU_SOURCE \
	$(PG_CPPFLAGS) -I$(srcdir)/src

fuzzers: $(INSTRUMENTED_FUZZERS)

$(INSTRUMENTED_FUZZERS): $(INSTRUMENTED)/%: test/fuzz/%.c $(wildcard $(srcdir)/test/fuzz/*.h) $(INSTRUMENTED_OBJS)
	$(FUZZ_COMPILE) $(FUZZ) -o $@ $< $(INSTRUMENTED_OBJS) $(SHLIB_LINK) -lm

# only a fuzzer itself has libFuzzer's main()
$(INSTRUMENTED_OBJS): $(INSTRUMENTED)/%.o: src/%.c $(INSTRUMENTED)/flags $(wildcard $(srcdir)/src/*.h $(srcdir)/src/*/*.h $(srcdir)/src/*.def)
	@mkdir -p $(@D)
	$(FUZZ_COMPILE) $(subst fuzzer,fuzzer-no-link,$(FUZZ)) -c -o $@ $<

# What they were compiled with.  It becomes newer only when it changes, and
# then nothing that was compiled with other flags is used again.
$(INSTRUMENTED)/flags: always
	@mkdir -p $(@D)
	@echo '$(FUZZ_COMPILE) $(FUZZ)' | cmp -s - $@ || echo '$(FUZZ_COMPILE) $(FUZZ)' >$@

.PHONY: always

endif

check-layers:
	$(srcdir)/test/check_layers $(PURE_OBJS) -- $(filter-out $(PURE_OBJS),$(OBJS))

check-exports: $(MODULE_big).so
	$(srcdir)/test/check_exports $<

check-format:
	$(srcdir)/test/format --check

else

all install installcheck clean:
	@echo "The files for building PostgreSQL extensions are not installed:" >&2
	@echo "install postgresql-server-dev-NN, or run test/install_packages." >&2
	@exit 1

endif
