/*-------------------------------------------------------------------------
 *
 * evidence.h
 *	  Evidence that others use a connection that an undo would delete.
 *
 * IDENTIFICATION
 *	  src/store/evidence.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_EVIDENCE_H
#define GLUE_STORE_EVIDENCE_H

#include "store/jobs.h"

extern void glue_undo_evidence_find(const GlueJobQueue *queue, List *undos);

#endif							/* GLUE_STORE_EVIDENCE_H */
