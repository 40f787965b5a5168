/*-------------------------------------------------------------------------
 *
 * drop_warning.h
 *	  A warning about a drop of requests that have not ended.
 *
 * IDENTIFICATION
 *	  src/store/drop_warning.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_DROP_WARNING_H
#define GLUE_STORE_DROP_WARNING_H

extern void glue_drop_warning_init(void);

#endif							/* GLUE_STORE_DROP_WARNING_H */
