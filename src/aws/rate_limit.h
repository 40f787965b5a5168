/*-------------------------------------------------------------------------
 *
 * rate_limit.h
 *	  How fast a service takes the requests of one kind: the arithmetic.
 *
 * All times are microseconds of a monotonic clock, and belong to the one who
 * asks.
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

/* Who waits for a token, the most urgent first. */
typedef enum GlueRateClass
{
	GLUE_RATE_UNDO,				/* and reading back */
	GLUE_RATE_IMMEDIATE,
	GLUE_RATE_QUEUE
} GlueRateClass;

#define GLUE_RATE_CLASSES	3

/* What the end of a call says about the rate. */
typedef enum GlueRateAnswer
{
	GLUE_RATE_NOTHING,			/* no answer, or the service broke down */
	GLUE_RATE_LET_IN,			/* done, or failed for another reason */
	GLUE_RATE_REFUSED			/* too many requests */
} GlueRateAnswer;

/* What is worth telling about a rate. */
typedef enum GlueRateNews
{
	GLUE_RATE_NO_NEWS,
	GLUE_RATE_LIMITED,			/* requests are refused */
	GLUE_RATE_FREE				/* that is over, for a minute */
} GlueRateNews;

/* Counts what happened within the last ten ticks. */
#define GLUE_RATE_TICKS		10

typedef struct GlueRateCounter
{
	int64_t		tick;			/* that of the first of... */
	int32_t		counts[GLUE_RATE_TICKS];	/* ... the latest first */
} GlueRateCounter;

/*
 * What is known of a rate.  Zeroes make one of which nothing is known.
 *
 * It has a fixed size and no pointers, so it can be in shared memory; whoever
 * calls a function that changes it, or needs more than one field, has a lock.
 */
typedef struct GlueRateLimit
{
	bool		limited;		/* the service has refused a request */
	uint32_t	epoch;			/* how often the rate was cut */
	int			in_flight;
	int			ceiling;		/* requests a second; 0: none */
	int64_t		successes;
	double		cut_from;		/* the rate that was too high */
	double		recovery;		/* seconds until it is reached again */
	double		fill;			/* requests a second, if limited */
	double		tokens;
	int64_t		now;			/* the time of tokens */
	int64_t		cut_at;
	int64_t		sent_at;		/* the latest call */
	int64_t		success_at;
	int64_t		paused_until;
	GlueRateCounter let_in;		/* in the last second */
	GlueRateCounter refused;	/* in the last minute */
	int32_t		passed_over[GLUE_RATE_CLASSES]; /* in a row, while it waited */
	bool		told;			/* that requests are refused */
	int64_t		told_at;		/* that, or that it is over; 0: nothing was
								 * told */
} GlueRateLimit;

/* The rate may rise meanwhile, so ask again after so long. */
#define GLUE_RATE_MAX_WAIT	((int64_t) 250000)

/* a call */
extern int64_t glue_rate_take(GlueRateLimit *limit, int ceiling, int64_t now,
							  uint32_t *epoch);
extern GlueRateAnswer glue_rate_classify(int http_status, bool throttled);
extern void glue_rate_give(GlueRateLimit *limit, uint32_t epoch,
						   GlueRateAnswer answer, int64_t pause, int64_t now);
extern bool glue_rate_is_hopeless(const GlueRateLimit *limit,
								  int64_t waiting_since, int64_t timeout,
								  int64_t now);

/* who waits */
extern int	glue_rate_next_class(const GlueRateLimit *limit,
								 const bool *waiting);
extern void glue_rate_note_turn(GlueRateLimit *limit, GlueRateClass served,
								const bool *waiting);

/* what is known */
extern double glue_rate_per_second(const GlueRateLimit *limit);
extern double glue_rate_tokens(const GlueRateLimit *limit, int64_t now);
extern int	glue_rate_refused_lately(const GlueRateLimit *limit, int64_t now);
extern GlueRateNews glue_rate_news(GlueRateLimit *limit, int64_t now);
extern int	glue_rate_claim_ahead(const GlueRateLimit *limit);

#endif							/* GLUE_RATE_LIMIT_H */
