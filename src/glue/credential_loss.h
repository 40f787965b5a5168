/*-------------------------------------------------------------------------
 *
 * credential_loss.h
 *	  What credentials an update would wipe out.
 *
 * IDENTIFICATION
 *	  src/glue/credential_loss.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CREDENTIAL_LOSS_H
#define GLUE_CREDENTIAL_LOSS_H

#include "glue/compare.h"

extern bool glue_find_credential_losses(json_object *existing,
										json_object *recorded,
										json_object *input,
										GlueDifferenceSink sink, void *arg);

#endif							/* GLUE_CREDENTIAL_LOSS_H */
