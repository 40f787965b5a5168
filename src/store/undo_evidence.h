/*-------------------------------------------------------------------------
 *
 * undo_evidence.h
 *	  What others have done about a connection that is to be deleted again.
 *
 * IDENTIFICATION
 *	  src/store/undo_evidence.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_UNDO_EVIDENCE_H
#define GLUE_UNDO_EVIDENCE_H

#include "store/request_claim.h"

extern void glue_undo_evidence_find(const GlueClaims *queue, List *undos);

#endif							/* GLUE_UNDO_EVIDENCE_H */
