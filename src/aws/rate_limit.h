/*-------------------------------------------------------------------------
 *
 * rate_limit.h
 *	  The arithmetic of client-side rate limiting.
 *
 * All times are microseconds of a monotonic clock, read by the caller.
 *
 * IDENTIFICATION
 *	  src/aws/rate_limit.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_RATE_LIMIT_H
#define GLUE_RATE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* Classes of waiting calls, the most urgent first. */
typedef enum GlueRateClass
{
	GLUE_RATE_UNDO,				/* undo and read-back */
	GLUE_RATE_IMMEDIATE,
	GLUE_RATE_QUEUE
} GlueRateClass;

#define GLUE_RATE_CLASSES	3

/* Classification of the end of a call. */
typedef enum GlueRateAnswer
{
	GLUE_RATE_NOTHING,			/* no answer, or a failure of the service */
	GLUE_RATE_LET_IN,			/* accepted, even if it failed for another
								 * reason */
	GLUE_RATE_REFUSED			/* throttled */
} GlueRateAnswer;

/* News about a rate that is worth a log message. */
typedef enum GlueRateNews
{
	GLUE_RATE_NO_NEWS,
	GLUE_RATE_LIMITED,			/* requests are throttled */
	GLUE_RATE_FREE				/* none was throttled for a minute */
} GlueRateNews;

/* A counter of events within the last ten ticks. */
#define GLUE_RATE_TICKS		10

typedef struct GlueRateCounter
{
	int64_t		tick;			/* tick of the first of... */
	int32_t		counts[GLUE_RATE_TICKS];	/* ... the latest first */
} GlueRateCounter;

/*
 * The state of a rate.  Zeroes are the initial state, but for a ceiling.
 *
 * It has a fixed size and no pointers, so it can be in shared memory.  A
 * caller of a function that changes it, or reads more than one field, must
 * hold a lock.
 */
typedef struct GlueRateLimit
{
	bool		limited;		/* a request was throttled */
	uint32_t	epoch;			/* number of cuts */
	int			in_flight;
	int			ceiling;		/* of our own, requests a second; 0: it is the
								 * limit of the service */
	int64_t		successes;
	double		cut_from;		/* rate before the cut */
	double		recovery;		/* seconds until it is reached again */
	double		fill;			/* requests a second, if limited */
	double		tokens;
	int64_t		now;			/* time of tokens */
	int64_t		cut_at;
	int64_t		sent_at;		/* time of the latest call */
	int64_t		success_at;
	int64_t		paused_until;
	GlueRateCounter let_in;		/* in the last second */
	GlueRateCounter refused;	/* in the last minute */
	int32_t		passed_over[GLUE_RATE_CLASSES]; /* how often in a row, while
												 * it waited */
	bool		told;			/* throttling was logged */
	int64_t		told_at;		/* time of the last log message; 0: none */
} GlueRateLimit;

/* The rate may rise in the meantime, so ask again after this time. */
#define GLUE_RATE_MAX_WAIT	((int64_t) 250000)

/* a call */
extern int64_t glue_rate_take(GlueRateLimit *limit, int64_t now,
							  uint32_t *epoch);
extern GlueRateAnswer glue_rate_classify(int http_status, bool throttled);
extern void glue_rate_give(GlueRateLimit *limit, uint32_t epoch,
						   GlueRateAnswer answer, int64_t pause, int64_t now);
extern bool glue_rate_is_hopeless(const GlueRateLimit *limit,
								  int64_t waiting_since, int64_t timeout,
								  int64_t now);

/* waiting classes */
extern int	glue_rate_next_class(const GlueRateLimit *limit,
								 const bool *waiting);
extern void glue_rate_note_turn(GlueRateLimit *limit, GlueRateClass served,
								const bool *waiting);

/* state */
extern double glue_rate_per_second(const GlueRateLimit *limit);
extern double glue_rate_tokens(const GlueRateLimit *limit, int64_t now);
extern int	glue_rate_refused_lately(const GlueRateLimit *limit, int64_t now);
extern GlueRateNews glue_rate_news(GlueRateLimit *limit, int64_t now);
extern int	glue_rate_claim_ahead(const GlueRateLimit *limit);

#endif							/* GLUE_RATE_LIMIT_H */
