/*-------------------------------------------------------------------------
 *
 * clock.h
 *	  Clocks that cannot be set.
 *
 * IDENTIFICATION
 *	  src/http/clock.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_HTTP_CLOCK_H
#define GLUE_HTTP_CLOCK_H

extern int64 glue_monotonic_us(void);
extern int64 glue_boot_ms(void);
extern long glue_ms_until(int64 until);

#endif							/* GLUE_HTTP_CLOCK_H */
