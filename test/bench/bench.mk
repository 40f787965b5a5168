# The programs that test/bench/run builds besides the extension; to be run at
# the top of the checkout, with "make -f Makefile -f test/bench/bench.mk
# bench-programs".

BENCH_PROGRAMS = test/bench/parts test/bench/floor_in_backend.so \
	test/bench/slow_server

.PHONY: bench-programs
bench-programs: $(BENCH_PROGRAMS)

test/bench/parts: test/bench/parts.c $(PURE_OBJS)
	$(CC) $(CPPFLAGS) $(CFLAGS) -Isrc -o $@ $< $(PURE_OBJS) $(SHLIB_LINK) -lm

test/bench/floor_in_backend.so: test/bench/floor_in_backend.c
	$(CC) $(CPPFLAGS) $(CFLAGS) $(CFLAGS_SL) -shared -o $@ $< -lcurl

test/bench/slow_server: test/bench/slow_server.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $< -lssl -lcrypto
